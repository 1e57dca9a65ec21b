import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Clock, systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { MemoryStore } from '../../store/memory/memory-store.ts'
import { type Store, StoreUnavailable } from '../../store/store.ts'
import { indexesOf } from './cache-index.ts'
import type { WindowLimits } from './event-window.ts'
import { ResourceCache } from './resource-cache.ts'
import { encodeStored } from './stored-value.ts'
import type { CachedEvent, CacheRange, CacheWatcher } from './watch-cache.ts'

const NEVER = new AbortController().signal

interface PodFacts {
  readonly node?: string
  readonly owner?: string
  readonly app?: string
}

function pod(key: string, { node = '', owner, app = 'web' }: PodFacts = {}): Uint8Array {
  const [namespace = '', name = ''] = key.split('/')
  return encodeStored({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      labels: { app },
      ...(owner && { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: owner }] }),
    },
    spec: { nodeName: node },
  } as never)
}

const bound = (store: Store, name: keyof Store): unknown => {
  const member = store[name] as unknown
  return typeof member === 'function' ? member.bind(store) : member
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}

/** A running cache over a memory store; `fire` ends the clock's waits. */
async function start({
  wrap = (store: Store) => store,
  window,
}: {
  wrap?: (store: Store) => Store
  window?: WindowLimits
} = {}) {
  const stop = new AbortController()
  const timers = new Set<() => void>()
  const fire = () => {
    for (const timer of [...timers]) timer()
  }
  const clock: Clock = {
    ...systemClock,
    after: (_ms, call) => {
      timers.add(call)
      return () => timers.delete(call)
    },
    sleep: (_ms, signal) => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      timers.add(resolve)
      signal?.addEventListener('abort', () => reject(signal.reason))
      return promise.finally(() => timers.delete(resolve))
    },
  }
  const memory = new MemoryStore({ clock })
  const cache = new ResourceCache({
    store: wrap(memory),
    prefix: '/registry/pods/',
    indexes: indexesOf({ group: '', plural: 'pods' }),
    clock,
    log: silentLogger,
    ...(window && { window }),
  })
  const running = cache.run(stop.signal)
  const write = (key: string, revision: number, facts?: PodFacts) =>
    memory.put(`/registry/pods/${key}`, pod(key, facts), revision)
  const remove = (key: string, revision: number) => memory.delete(`/registry/pods/${key}`, revision)
  return {
    cache,
    memory,
    write,
    remove,
    fire,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
      await memory.close()
    },
  }
}

function watcher(only?: CacheWatcher['only']) {
  const seen: string[] = []
  const ended: string[] = []
  return {
    seen,
    ended,
    ...(only && { only }),
    events(events: readonly CachedEvent[]) {
      seen.push(
        ...events.map(({ type, current }) => `${type} ${current.name} ${current.object().metadata.resourceVersion}`),
      )
    },
    end: (why: string) => void ended.push(why),
  }
}

const namesIn = (snapshot: Iterable<{ name: string }> | undefined) =>
  snapshot && Array.from(snapshot, ({ name }) => name)

test('an acknowledged write is in the cache, with its revision in bytes and object', async () => {
  await using world = await start()
  await world.cache.ready(NEVER)
  for (let n = 0; n < 10; n++) {
    const revision = await world.write(`a/p${n}`, 0)
    const cached = world.cache.get(`/registry/pods/a/p${n}`)
    assert.equal(cached?.revision, revision)
    assert.equal(cached?.object().metadata.resourceVersion, String(revision))
    assert.equal(JSON.parse(Buffer.from(cached!.json()).toString()).metadata.resourceVersion, String(revision))
    assert.equal(world.cache.revision(), revision)
  }
})

test('the cache loads when it is first asked for, not before', async () => {
  let lists = 0
  const wrap = (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        if (name === 'list') lists++
        const value = Reflect.get(target, name) as unknown
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
  await using world = await start({ wrap })
  await world.write('a/p', 0)
  await nextTurn()
  assert.equal(lists, 0)
  await world.cache.waitUntil(2, 3_000, NEVER)
  assert.deepEqual([lists, namesIn(world.cache.snapshot({}))], [1, ['p']])
})

test('snapshots are in key order, of one namespace or from a key on, and do not change', async () => {
  await using world = await start()
  await world.cache.ready(NEVER)
  for (const key of ['b/x', 'a/z', 'a/y', 'ab/w']) await world.write(key, 0)
  const all = world.cache.snapshot({})
  const later = world.cache.snapshot({ from: '/registry/pods/a/z' })
  await world.remove('a/z', 3)
  const ranges: [CacheRange, string[]][] = [
    [{}, ['y', 'w', 'x']],
    [{ namespace: 'a' }, ['y']],
    [{ namespace: 'none' }, []],
    [{ namespace: 'a', from: '/registry/pods/a/y\0' }, []],
  ]
  assert.deepEqual([namesIn(all), all.revision, all.size], [['y', 'z', 'w', 'x'], 5, 4])
  assert.deepEqual([namesIn(later), later.size], [['z', 'w', 'x'], 3])
  for (const [range, names] of ranges) {
    const snapshot = world.cache.snapshot(range)
    assert.deepEqual([namesIn(snapshot), snapshot.size, snapshot.revision], [names, names.length, 6])
  }
})

test('a snapshot of a past revision shows what there was, as long as the window reaches', async () => {
  await using world = await start({ window: { maxEvents: 4, maxBytes: 1e6 } })
  await world.cache.ready(NEVER)
  await world.write('a/x', 0) // 2
  await world.write('a/y', 0) // 3
  await world.remove('a/x', 2) // 4
  await world.write('a/z', 0) // 5
  await world.write('a/x', 0) // 6
  const at = (revision: number) => namesIn(world.cache.snapshotAt(revision, {}))
  assert.deepEqual([2, 3, 4, 5, 6].map(at), [['x'], ['x', 'y'], ['y'], ['y', 'z'], ['x', 'y', 'z']])
  assert.deepEqual([at(1), at(7)], [undefined, undefined])
})

test('indexes follow the objects', async () => {
  await using world = await start()
  await world.cache.ready(NEVER)
  const by = (index: string, value: string) => namesIn(world.cache.by(index, value))
  await world.write('a/p2', 0, { node: 'n1', owner: 'o1' })
  assert.deepEqual(by('spec.nodeName', 'n1'), ['p2'])
  await world.write('a/p1', 0, { node: 'n1', app: 'db' })
  await world.write('a/p3', 0)
  assert.deepEqual([by('spec.nodeName', 'n1'), by('spec.nodeName', '')], [['p1', 'p2'], ['p3']])
  assert.deepEqual([by('ownerUid', 'o1'), by('metadata.name', 'p3')], [['p2'], ['p3']])
  await world.write('a/p2', 2, { node: 'n2' })
  await world.remove('a/p1', 3)
  assert.deepEqual([by('spec.nodeName', 'n1'), by('spec.nodeName', 'n2'), by('ownerUid', 'o1')], [[], ['p2'], []])
  assert.throws(() => world.cache.by('spec.color', 'red'), /no index spec.color/)
})

test('a watcher gets the retained past and then what happens, each once', async () => {
  await using world = await start()
  await world.cache.ready(NEVER)
  await world.write('a/p', 0)
  await world.write('a/p', 2)
  const early = watcher()
  const late = watcher()
  world.cache.subscribe(1, early)
  world.cache.subscribe(world.cache.revision(), late)
  await world.remove('a/p', 3)
  world.cache.unsubscribe(early)
  await world.write('a/p', 0)
  assert.deepEqual(early.seen, ['ADDED p 2', 'MODIFIED p 3', 'DELETED p 4'])
  assert.deepEqual(late.seen, ['DELETED p 4', 'ADDED p 5'])
})

test('what was read from the store is not kept beside the objects made of it', async () => {
  const read: WeakRef<object>[] = []
  const wrap = (store: Store): Store => {
    const list: Store['list'] = async (prefix, range) => {
      const page = await store.list(prefix, range)
      const entries = page.entries.map((entry) => ({ ...entry }))
      read.push(new WeakRef(entries))
      return { ...page, entries }
    }
    return new Proxy(store, {
      get: (target, name) => (name === 'list' ? list : bound(target, name as keyof Store)),
    })
  }
  await using world = await start({ wrap })
  await world.write('a/p', 0)
  await world.cache.ready(NEVER)
  await new Promise(setImmediate)
  collectGarbage()
  assert.deepEqual([read.length, read[0]?.deref()], [1, undefined])
})

test('writes to other resources advance the revision and bother no watcher', async () => {
  await using world = await start()
  await world.cache.ready(NEVER)
  const idle = test.mock.fn()
  world.cache.subscribe(1, { events: idle, end() {} })
  await world.memory.put('/registry/secrets/a/s', pod('a/s'), 0)
  assert.deepEqual([idle.mock.callCount(), world.cache.revision()], [0, 2])
})

test('a watcher of one index value hears of objects that come, change and leave there, and of no others', async () => {
  await using world = await start()
  await world.cache.ready(NEVER)
  await world.write('a/old', 0, { node: 'n1' })
  const onNode = watcher({ index: 'spec.nodeName', value: 'n1' })
  world.cache.subscribe(1, onNode)
  await world.write('a/p', 0)
  await world.write('a/p', 3, { node: 'n1' })
  await world.write('a/other', 0, { node: 'n2' })
  await world.write('a/p', 4, { node: 'n2' })
  await world.write('a/p', 6, { node: 'n2' })
  world.cache.unsubscribe(onNode)
  await world.remove('a/old', 2)
  assert.deepEqual(onNode.seen, ['ADDED old 2', 'MODIFIED p 4', 'MODIFIED p 6'])
})

test('a watch from before the window is refused with 410 Expired in upstream words', async () => {
  await using world = await start({ window: { maxEvents: 2, maxBytes: 1e6 } })
  await world.cache.ready(NEVER)
  for (const name of ['a', 'b', 'c', 'd']) await world.write(`a/${name}`, 0)
  assert.throws(() => world.cache.subscribe(2, watcher()), {
    code: 410,
    reason: 'Expired',
    message: 'too old resource version: 2 (3)',
  })
  const inTime = watcher()
  world.cache.subscribe(3, inTime)
  assert.deepEqual(inTime.seen, ['ADDED c 4', 'ADDED d 5'])
})

test('the window is bounded by bytes too', async () => {
  await using world = await start({ window: { maxEvents: 100, maxBytes: 2 * pod('a/p').length } })
  await world.cache.ready(NEVER)
  for (const name of ['p', 'q', 'r', 's']) await world.write(`a/${name}`, 0)
  assert.throws(() => world.cache.subscribe(2, watcher()), { message: 'too old resource version: 2 (3)' })
})

test('a reader that waits for a revision gets it, a 504 after the timeout, or its own abort', async () => {
  await using world = await start()
  await world.cache.ready(NEVER)
  const wait = world.cache.waitUntil(2, 3_000, NEVER)
  await world.write('a/p', 0)
  await wait
  const late = assert.rejects(world.cache.waitUntil(9, 3_000, NEVER), {
    code: 504,
    reason: 'Timeout',
    message: 'Timeout: Too large resource version: 9, current: 2',
  })
  world.fire()
  await late
  const gone = new AbortController()
  const aborted = assert.rejects(world.cache.waitUntil(9, 3_000, gone.signal), { name: 'AbortError' })
  gone.abort()
  await aborted
})

test('when the store is lost watchers end, and the cache loads again and keeps what did not change', async () => {
  let breakWatch: (error: Error) => void = () => {}
  const wrap = (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown
        if (name !== 'watch') return typeof value === 'function' ? value.bind(target) : value
        return (...[prefix, after, sink, signal]: Parameters<Store['watch']>) => {
          const broken = new AbortController()
          const { promise, reject } = Promise.withResolvers<void>()
          breakWatch = (error) => {
            broken.abort()
            reject(error)
          }
          return Promise.race([promise, target.watch(prefix, after, sink, AbortSignal.any([signal, broken.signal]))])
        }
      },
    })
  await using world = await start({ wrap })
  await world.cache.ready(NEVER)
  await world.write('a/kept', 0)
  await world.write('a/changed', 0)
  const kept = world.cache.get('/registry/pods/a/kept')
  const lost = watcher()
  world.cache.subscribe(3, lost)

  breakWatch(new StoreUnavailable('gone'))
  await nextTurn()
  assert.deepEqual(lost.ended, ['lost'])
  await world.write('a/changed', 3)
  const again = world.cache.ready(NEVER)
  world.fire()
  await again
  assert.equal(world.cache.get('/registry/pods/a/kept'), kept)
  assert.equal(world.cache.get('/registry/pods/a/changed')?.revision, 4)
  assert.throws(() => world.cache.subscribe(3, watcher()), { message: 'too old resource version: 3 (4)' })
  await world.write('a/changed', 4)
  assert.equal(world.cache.revision(), 5)
})
