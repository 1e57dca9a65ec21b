import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../base/clock.ts'
import {
  CompactedError,
  FutureRevisionError,
  RevisionMismatch,
  type Store,
  type StoreEvent,
  StoreUnavailable,
} from './store.ts'

/** Opens an empty store whose expiries follow `clock`. */
export type OpenStore = (options: { clock: Clock }) => Promise<Store>

/** A clock that stands still until `advance`. */
interface ContractClock extends Clock {
  advance(ms: number): void
  readonly timers: number
}

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined) => value && new TextDecoder().decode(value)
const NEVER = new AbortController().signal

export interface ContractOptions {
  /** A server elsewhere has a clock of its own: its test shows by itself that keys expire. */
  readonly expiry?: 'by the clock' | 'by the server'
}

/** What every store must do; each backend's test calls it. */
export function storeContract(name: string, open: OpenStore, { expiry = 'by the clock' }: ContractOptions = {}): void {
  const contract = (title: string, body: (store: Store, clock: ContractClock) => Promise<void>) =>
    test(`${name}: ${title}`, { timeout: 30_000 }, async () => {
      const clock = manualClock()
      await using store = await open({ clock })
      await body(store, clock)
    })

  guardContract(contract)
  listContract(contract)
  watchContract(contract)
  compactionContract(contract)
  if (expiry === 'by the clock') expiryContract(contract)
  closeContract(contract)
}

type Contract = (title: string, body: (store: Store, clock: ContractClock) => Promise<void>) => void

function guardContract(contract: Contract): void {
  contract('an empty store is at revision 1 and the first write gets 2', async (store) => {
    assert.equal(store.revision(), 1)
    assert.equal(await store.put('/pods/a', bytes('1'), 0), 2)
    assert.equal(store.revision(), 2)
  })

  contract('an entry has its value, the revision of its creation and of its last write', async (store) => {
    const created = await store.put('/pods/a', bytes('1'), 0)
    const updated = await store.put('/pods/a', bytes('2'), created)
    const { entry, revision } = await store.get('/pods/a')
    assert.deepEqual(
      { ...entry, value: text(entry?.value) },
      { key: '/pods/a', value: '2', createRevision: created, revision: updated },
    )
    assert.equal(revision, updated)
    assert.deepEqual(await store.get('/pods/b'), { entry: undefined, revision: updated })
  })

  contract('a stale writer is refused and nothing changes', async (store) => {
    const first = await store.put('/pods/a', bytes('1'), 0)
    const second = await store.put('/pods/a', bytes('2'), first)
    await assert.rejects(store.put('/pods/a', bytes('3'), first), { name: 'RevisionMismatch', actual: second })
    await assert.rejects(store.put('/pods/a', bytes('3'), 0), { name: 'RevisionMismatch', actual: second })
    await assert.rejects(store.put('/pods/b', bytes('3'), first), { name: 'RevisionMismatch', actual: 0 })
    await assert.rejects(store.delete('/pods/a', first), { name: 'RevisionMismatch', actual: second })
    await assert.rejects(store.delete('/pods/b', 0), { name: 'RevisionMismatch', actual: 0 })
    assert.equal(text((await store.get('/pods/a')).entry?.value), '2')
    assert.equal(store.revision(), second)
  })

  contract('a deleted key can be created again, with a new creation revision', async (store) => {
    const created = await store.put('/pods/a', bytes('1'), 0)
    const deleted = await store.delete('/pods/a', created)
    assert.equal(deleted, created + 1)
    assert.equal((await store.get('/pods/a')).entry, undefined)
    const again = await store.put('/pods/a', bytes('2'), 0)
    assert.equal((await store.get('/pods/a')).entry?.createRevision, again)
  })

  contract('values are kept byte for byte, empty and large ones too', async (store) => {
    const values = [new Uint8Array(), Uint8Array.from([0, 255, 10, 128]), new Uint8Array(3_000_000).fill(7)]
    await Promise.all(values.map((value, index) => store.put(`/v/${index}`, value.slice(), 0)))
    for (const [index, value] of values.entries()) {
      assert.deepEqual(Buffer.from((await store.get(`/v/${index}`)).entry!.value), Buffer.from(value))
    }
  })

  contract('of many writers with the same guard one wins, and revisions have no gaps', async (store) => {
    const seen: number[] = []
    void store.watch('', 1, (events) => seen.push(...events.map((event) => event.revision)), NEVER).catch(() => {})
    let revision = await store.put('/pods/a', bytes('0'), 0)
    for (let round = 0; round < 20; round++) {
      const tries = Array.from({ length: 10 }, (_, n) => store.put('/pods/a', bytes(`${round}.${n}`), revision))
      const results = await Promise.allSettled(tries)
      const won = results.filter((result) => result.status === 'fulfilled')
      assert.equal(won.length, 1)
      assert.ok(results.every((result) => result.status === 'fulfilled' || result.reason instanceof RevisionMismatch))
      revision = won[0]!.value
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 21 }, (_, index) => index + 2),
    )
  })

  contract('writers of many keys at once each get a revision of their own', async (store) => {
    const keys = Array.from({ length: 500 }, (_, index) => `/pods/${index}`)
    const revisions = await Promise.all(keys.map((key) => store.put(key, bytes(key), 0)))
    assert.deepEqual(
      revisions.toSorted((a, b) => a - b),
      keys.map((_, index) => index + 2),
    )
    assert.equal((await store.list('/pods/')).entries.length, 500)
  })
}

function listContract(contract: Contract): void {
  contract('a listing has the keys of the prefix in order and nothing else', async (store) => {
    for (const key of ['/pods/b', '/podtemplates/a', '/pods/a/x', '/pods/a', '/nodes/a', '/pods/é']) {
      await store.put(key, bytes(key), 0)
    }
    const page = await store.list('/pods/')
    assert.deepEqual(keysOf(page), ['/pods/a', '/pods/a/x', '/pods/b', '/pods/é'])
    assert.deepEqual({ revision: page.revision, remaining: page.remaining }, { revision: 7, remaining: 0 })
    assert.deepEqual(await store.list('/none/'), { entries: [], revision: 7, remaining: 0 })
  })

  contract('pages of a limit and a start key make up the listing, and say how much is left', async (store) => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await store.put(`/pods/${name}`, bytes(name), 0)
    const first = await store.list('/pods/', { limit: 2 })
    assert.deepEqual([keysOf(first), first.remaining], [['/pods/a', '/pods/b'], 3])
    const second = await store.list('/pods/', { limit: 2, startKey: '/pods/b\0', revision: first.revision })
    assert.deepEqual([keysOf(second), second.remaining], [['/pods/c', '/pods/d'], 1])
    const third = await store.list('/pods/', { limit: 2, startKey: '/pods/e', revision: first.revision })
    assert.deepEqual([keysOf(third), third.remaining], [['/pods/e'], 0])
  })

  contract('pages as of a revision do not see what changed since', async (store) => {
    for (const name of ['a', 'b', 'c', 'd']) await store.put(`/pods/${name}`, bytes(name), 0)
    await store.delete('/pods/d', 5) // 6
    const first = await store.list('/pods/', { limit: 1 })
    await store.put('/pods/b', bytes('changed'), 3)
    await store.put('/pods/aa', bytes('created'), 0)
    await store.delete('/pods/c', 4)
    await store.put('/pods/c', bytes('again'), 0)
    await store.put('/pods/d', bytes('again'), 0)

    const options = { startKey: '/pods/a\0', revision: first.revision }
    const rest = await store.list('/pods/', options)
    assert.equal(first.remaining, 2)
    assert.deepEqual(
      rest.entries.map(({ key, value, createRevision, revision }) => [key, text(value), createRevision, revision]),
      [
        ['/pods/b', 'b', 3, 3],
        ['/pods/c', 'c', 4, 4],
      ],
    )
    assert.equal(rest.revision, 6)
    assert.equal((await store.list('/pods/', { ...options, limit: 1 })).remaining, 1)
    assert.deepEqual(keysOf(await store.list('/pods/', { revision: 5 })), ['/pods/a', '/pods/b', '/pods/c', '/pods/d'])
  })

  contract('a listing as of a revision that was not reached is refused', async (store) => {
    await assert.rejects(store.list('/pods/', { revision: 2 }), FutureRevisionError)
  })
}

function watchContract(contract: Contract): void {
  contract('a watch tells of every write after a revision once, in order, past and live', async (store) => {
    const watcher = collect(store, '/pods/', 2)
    await store.put('/pods/a', bytes('1'), 0)
    const second = collect(store, '/pods/', 1)
    await store.put('/nodes/x', bytes('other'), 0)
    await store.put('/pods/a', bytes('2'), 2)
    await store.delete('/pods/a', 4)
    await store.put('/pods/a', bytes('3'), 0)
    const events = [
      { type: 'put', key: '/pods/a', value: '1', revision: 2, isCreation: true },
      { type: 'put', key: '/pods/a', value: '2', revision: 4, isCreation: false },
      { type: 'delete', key: '/pods/a', value: '', revision: 5, isCreation: false },
      { type: 'put', key: '/pods/a', value: '3', revision: 6, isCreation: true },
    ]
    assert.deepEqual(await watcher.until(6), events.slice(1))
    assert.deepEqual(await second.until(6), events)
    assert.deepEqual(await collect(store, '/pods/', 1).until(6), events)
    assert.deepEqual(await collect(store, '/pods/', 4).until(6), events.slice(2))
  })

  contract('a watch learns the progress of the store when other keys change', async (store) => {
    const watcher = collect(store, '/pods/', 1)
    await store.put('/nodes/x', bytes('1'), 0)
    await watcher.until(2)
    assert.equal(watcher.progress, 2)
  })

  contract('watchers have been told when a writer hears of its success', async (store) => {
    let told = 0
    void store.watch('/pods/', store.revision(), (_events, revision) => (told = revision), NEVER).catch(() => {})
    for (let revision = 1; revision < 20; revision++) {
      const acknowledged = await store.put(`/pods/${revision}`, bytes('1'), 0)
      assert.equal(told, acknowledged)
    }
  })

  contract('a watch that starts while others write misses nothing and repeats nothing', async (store) => {
    const writing = Promise.all(
      Array.from({ length: 8 }, async (_, writer) => {
        let revision = 0
        for (let n = 0; n < 50; n++) revision = await store.put(`/pods/${writer}`, bytes(`${n}`), revision)
      }),
    )
    const watchers: ReturnType<typeof collect>[] = []
    for (let n = 0; n < 5; n++) {
      watchers.push(collect(store, '/pods/', 1))
      await new Promise(setImmediate)
    }
    await writing
    for (const watcher of watchers) {
      const revisions = (await watcher.until(401)).map((event) => event.revision)
      assert.deepEqual(
        revisions,
        Array.from({ length: 400 }, (_, index) => index + 2),
      )
    }
  })

  contract('a watch ends when its signal aborts and is told nothing more', async (store) => {
    const stop = new AbortController()
    const seen: StoreEvent[] = []
    const watch = store.watch('/pods/', 1, (events) => seen.push(...events), stop.signal)
    stop.abort()
    await watch
    await store.put('/pods/a', bytes('1'), 0)
    assert.deepEqual(seen, [])
  })

  contract('a watch from a future revision waits for it', async (store) => {
    const watcher = collect(store, '/pods/', 3)
    for (const name of ['a', 'b', 'c']) await store.put(`/pods/${name}`, bytes(name), 0)
    assert.deepEqual(
      (await watcher.until(4)).map((event) => event.key),
      ['/pods/c'],
    )
  })
}

function compactionContract(contract: Contract): void {
  contract('compaction forgets the past and keeps what is current', async (store) => {
    await store.put('/pods/a', bytes('1'), 0)
    await store.put('/pods/b', bytes('1'), 0)
    await store.put('/pods/a', bytes('2'), 2)
    await store.delete('/pods/b', 3)
    await store.compact(4)
    await assert.rejects(store.list('/pods/', { revision: 3 }), { name: 'CompactedError', compacted: 4 })
    await assert.rejects(store.watch('/pods/', 3, ignore, NEVER), { name: 'CompactedError', compacted: 4 })
    assert.deepEqual(keysOf(await store.list('/pods/', { revision: 4 })), ['/pods/a', '/pods/b'])
    assert.deepEqual(keysOf(await store.list('/pods/')), ['/pods/a'])
    assert.equal(text((await store.get('/pods/a')).entry?.value), '2')
    const [event] = await collect(store, '/pods/', 4).until(5)
    assert.deepEqual([event?.type, event?.revision], ['delete', 5])
  })

  contract('compaction takes neither an old nor a future revision', async (store) => {
    await store.put('/pods/a', bytes('1'), 0)
    await store.compact(2)
    await assert.rejects(store.compact(2), CompactedError)
    await assert.rejects(store.compact(3), FutureRevisionError)
  })

  contract('deletions that were compacted leave nothing behind', async (store) => {
    const created = await store.put('/pods/a', bytes('1'), 0)
    await store.compact(await store.delete('/pods/a', created))
    assert.equal(store.revision(), 3)
    assert.equal(await store.put('/pods/a', bytes('2'), 0), 4)
    const events = await collect(store, '/pods/', 3).until(4)
    assert.deepEqual(
      events.map((event) => event.isCreation),
      [true],
    )
  })

  contract('compaction goes on beside writers without disturbing them', async (store) => {
    let revision = 0
    for (let n = 0; n < 200; n++) {
      revision = await store.put('/pods/a', bytes(`${n}`), revision)
      if (n % 20 === 10) await store.compact(revision - 5)
    }
    assert.equal(text((await store.get('/pods/a')).entry?.value), '199')
    assert.deepEqual(
      (await store.list('/pods/', { revision: revision - 1 })).entries.map(({ value }) => text(value)),
      ['198'],
    )
  })
}

function expiryContract(contract: Contract): void {
  contract('a key with a time to live is deleted when that is over', async (store, clock) => {
    const watcher = collect(store, '/events/', 1)
    await store.put('/events/a', bytes('1'), 0, { ttlSeconds: 60 })
    await store.put('/events/b', bytes('1'), 0, { ttlSeconds: 30 })
    clock.advance(29_999)
    assert.deepEqual(keysOf(await store.list('/events/')), ['/events/a', '/events/b'])
    clock.advance(1)
    assert.equal((await watcher.until(4)).at(-1)?.key, '/events/b')
    clock.advance(30_000)
    assert.equal((await watcher.until(5)).at(-1)?.key, '/events/a')
    assert.deepEqual(keysOf(await store.list('/events/')), [])
  })

  contract('the last write decides about the time to live', async (store, clock) => {
    const watcher = collect(store, '/events/', 1)
    const first = await store.put('/events/a', bytes('1'), 0, { ttlSeconds: 10 })
    const kept = await store.put('/events/b', bytes('1'), 0, { ttlSeconds: 10 })
    await store.put('/events/a', bytes('2'), first, { ttlSeconds: 20 })
    await store.put('/events/b', bytes('2'), kept)
    clock.advance(10_000)
    assert.equal((await store.list('/events/')).entries.length, 2)
    await new Promise(setImmediate)
    clock.advance(10_000)
    await watcher.until(6)
    assert.deepEqual(keysOf(await store.list('/events/')), ['/events/b'])
  })

  contract('nothing is scheduled while no key has a time to live', async (store, clock) => {
    await store.put('/pods/a', bytes('1'), 0)
    assert.equal(clock.timers, 0)
  })
}

function closeContract(contract: Contract): void {
  contract('a closed store refuses everything and ends its watches', async (store) => {
    const watch = store.watch('/pods/', 1, ignore, NEVER)
    const refused = assert.rejects(watch, StoreUnavailable)
    const accepted = store.put('/pods/a', bytes('1'), 0)
    await new Promise(setImmediate)
    await store.close()
    await refused
    assert.equal(await accepted, 2)
    await assert.rejects(store.get('/pods/a'), StoreUnavailable)
    await assert.rejects(store.list('/pods/'), StoreUnavailable)
    await assert.rejects(store.put('/pods/a', bytes('1'), 2), StoreUnavailable)
    await assert.rejects(store.watch('/pods/', 1, ignore, NEVER), StoreUnavailable)
    assert.equal(store.unhealthy(), 'the store is closed')
    await store.close()
  })

  contract('a store that takes writes is healthy', async (store) => {
    assert.equal(store.unhealthy(), undefined)
  })
}

function ignore(): void {}

function keysOf(page: { entries: readonly { key: string }[] }): string[] {
  return page.entries.map(({ key }) => key)
}

type SeenEvent = Omit<StoreEvent, 'value'> & { value: string }

/** Watches and remembers; `until` waits for the store's progress and returns all that was told. */
function collect(store: Store, prefix: string, after: number) {
  const seen: SeenEvent[] = []
  const waiting: { revision: number; resolve: () => void }[] = []
  const watcher = {
    progress: 0,
    async until(revision: number): Promise<SeenEvent[]> {
      if (watcher.progress < revision) {
        await Promise.race([failed, new Promise<void>((resolve) => waiting.push({ revision, resolve }))])
      }
      return seen
    },
  }
  const watch = store.watch(
    prefix,
    after,
    (events, revision) => {
      for (const { type, key, value, revision, isCreation } of events) {
        seen.push({ type, key, value: text(value)!, revision, isCreation })
      }
      watcher.progress = revision
      for (const waiter of waiting) if (waiter.revision <= revision) waiter.resolve()
    },
    NEVER,
  )
  const failed = watch.catch((error: unknown) => {
    if (!store.unhealthy()) throw error
  })
  failed.catch(() => {})
  return watcher
}

function manualClock(): ContractClock {
  let now = Date.UTC(2026, 0, 1)
  const timers = new Set<{ due: number; fire: () => void }>()
  return {
    now: () => now,
    monotonic: () => now,
    sleep: () => Promise.reject(new Error('a store does not sleep')),
    after(ms, fire) {
      const timer = { due: now + ms, fire }
      timers.add(timer)
      if (ms === 0) setImmediate(() => timers.delete(timer) && fire())
      return () => timers.delete(timer)
    },
    get timers() {
      return timers.size
    },
    advance(ms) {
      now += ms
      for (const timer of [...timers].sort((a, b) => a.due - b.due)) {
        if (timer.due > now || !timers.delete(timer)) continue
        timer.fire()
      }
    },
  }
}
