import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { withinFence } from '../../base/write-fence.ts'
import { testAuthority } from '../../testing/certificates.ts'
import { EtcdServer, type EtcdServerOptions, hasEtcd } from '../../testing/etcd-server.ts'
import { storeContract } from '../contract.ts'
import {
  CompactedError,
  FencedOff,
  OutcomeUnknown,
  RevisionMismatch,
  type StoreEvent,
  StoreUnavailable,
} from '../store.ts'
import { ElectedCompactor } from './elected-compactor.ts'
import { EtcdStore, type EtcdStoreOptions } from './etcd-store.ts'
import { KeySpace } from './key-space.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const everything = new KeySpace({ from: '/', to: '/' })
const skip = hasEtcd() ? false : 'etcd is not installed: tools/setup --test'
const WITHIN_MS = 10_000

if (!skip) storeContract('etcd', ({ clock }) => openFresh(clock), { expiry: 'by the server' })

/** A store in an etcd of its own, which goes when the store is closed. */
async function openFresh(clock: EtcdStoreOptions['clock']): Promise<EtcdStore> {
  const server = await EtcdServer.start()
  const store = await EtcdStore.open({ servers: [server.url], clock, keys: everything })
  const dispose = store[Symbol.asyncDispose].bind(store)
  store[Symbol.asyncDispose] = async () => {
    await dispose()
    await server[Symbol.asyncDispose]()
  }
  return store
}

const open = (server: EtcdServer | readonly string[], options: Partial<EtcdStoreOptions> = {}): Promise<EtcdStore> =>
  EtcdStore.open({
    servers: server instanceof EtcdServer ? [server.url] : server,
    clock: systemClock,
    keys: everything,
    ...options,
  })

/** A test with an etcd of its own. */
function withEtcd(name: string, body: (server: EtcdServer) => Promise<void>, options: EtcdServerOptions = {}): void {
  test(`etcd: ${name}`, { skip, timeout: 60_000 }, async () => {
    await using server = await EtcdServer.start(options)
    await body(server)
  })
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + WITHIN_MS
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await delay(10)
  }
}

/** What a watch of everything tells. */
function follow(store: EtcdStore, after: number) {
  const seen: StoreEvent[] = []
  const stop = new AbortController()
  const state = { seen, progress: 0, error: undefined as Error | undefined, stop: () => stop.abort() }
  store
    .watch(
      '/',
      after,
      (events, revision) => {
        seen.push(...events)
        state.progress = revision
      },
      stop.signal,
    )
    .catch((error: Error) => {
      state.error = error
    })
  return state
}

withEtcd('what another server writes is seen by a watch, and after synced() for certain', async (server) => {
  await using one = await open(server)
  await using other = await open(server)
  const watch = follow(one, 1)
  const revision = await other.put('/a', bytes('1'), 0)
  assert.ok((await one.synced()) >= revision)
  assert.equal(watch.progress, revision)
  assert.deepEqual(
    watch.seen.map(({ type, key }) => [type, key]),
    [['put', '/a']],
  )
  watch.stop()
})

withEtcd('synced() holds also when the newest writes are not below the root', async (server) => {
  await using one = await open(server, { keys: new KeySpace({ from: '/registry/', to: '/registry/' }) })
  await using other = await open(server)
  const stop = new AbortController()
  let progress = 0
  const watch = one.watch('/registry/', 1, (_events, revision) => (progress = revision), stop.signal)
  const revision = await other.put('/elsewhere', bytes('1'), 0)
  assert.ok((await one.synced()) >= revision)
  assert.ok(progress >= revision)
  stop.abort()
  await watch
})

withEtcd('--etcd-prefix decides where the keys lie, and what lies elsewhere is not seen', async (server) => {
  await using store = await open(server, { keys: new KeySpace({ to: '/cluster-1/' }) })
  await using raw = await open(server)
  await store.put('/registry/pods/default/a', bytes('1'), 0)
  await raw.put('/registry/pods/default/b', bytes('1'), 0)
  await raw.put('/cluster-10/pods/default/c', bytes('1'), 0)
  assert.deepEqual(
    (await raw.list('/')).entries.map(({ key }) => key),
    ['/cluster-1/pods/default/a', '/cluster-10/pods/default/c', '/registry/pods/default/b'],
  )
  for (const prefix of ['', '/', '/registry/', '/registry/pods/']) {
    assert.deepEqual(
      (await store.list(prefix)).entries.map(({ key }) => key),
      ['/registry/pods/default/a'],
    )
  }
})

withEtcd(
  'keys with a time to live go by a shared lease, and a later write without one keeps its key',
  async (server) => {
    await using store = await open(server)
    const watch = follow(store, 1)
    await store.put('/events/a', bytes('1'), 0, { ttlSeconds: 1 })
    const kept = await store.put('/events/b', bytes('1'), 0, { ttlSeconds: 1 })
    await store.put('/events/b', bytes('2'), kept)
    await until(() => watch.seen.some(({ type }) => type === 'delete'), 'a key has expired')
    assert.deepEqual(
      watch.seen.filter(({ type }) => type === 'delete').map(({ key }) => key),
      ['/events/a'],
    )
    assert.equal((await store.get('/events/b')).entry?.revision, kept + 1)
    watch.stop()
  },
)

withEtcd('a watch goes on where it was when etcd comes back', async (server) => {
  await using store = await open(server)
  const watch = follow(store, 1)
  const first = await store.put('/a', bytes('1'), 0)
  await server.kill()
  await assert.rejects(store.put('/a', bytes('lost'), first), StoreUnavailable)
  await until(() => store.unhealthy() !== undefined, 'the store knows that it is not well')
  await assert.rejects(
    store.get('/a'),
    /etcd cannot be reached at http:.*(ECONNREFUSED|ECONNRESET|is just going down).*Check that a majority of its members runs/,
  )
  await server.start()
  let revision = 0
  await until(() => store.unhealthy() === undefined, 'the store is healthy again')
  for (let n = 0; n < 10; n++) revision = await store.put(`/after/${n}`, bytes('2'), 0)
  await until(() => watch.progress >= revision, 'the watch is where the store is')
  assert.equal(watch.error, undefined)
  assert.deepEqual(
    watch.seen.map((event) => event.revision),
    Array.from({ length: revision - 1 }, (_, index) => index + 2),
  )
  watch.stop()
})

withEtcd('a write without an answer has an unknown outcome and is not repeated', async (server) => {
  await using store = await open(server, { callTimeoutMs: 500 })
  const first = await store.put('/a', bytes('1'), 0)
  server.pause()
  await assert.rejects(store.put('/a', bytes('2'), first), (error: Error) => {
    assert.ok(error instanceof OutcomeUnknown, error.message)
    assert.match(error.message, /the outcome of a write to \/a is unknown: no answer in time/)
    return true
  })
  server.resume()
  await until(() => store.unhealthy() === undefined, 'the store is healthy again')
  const { entry, revision } = await store.get('/a')
  assert.ok(entry?.revision === first || entry?.revision === first + 1, 'it was carried out once or not at all')
  assert.equal(entry?.revision, revision)
})

withEtcd('the members are tried one after the other', async (server) => {
  await using store = await open(['http://127.0.0.1:1', 'http://127.0.0.1:2', server.url])
  assert.equal(await store.put('/a', bytes('1'), 0), 2)
})

withEtcd(
  'a full database refuses writes with the remedy, reads go on, and it recovers when the alarm is disarmed',
  async (server) => {
    await using store = await open(server)
    let count = 0
    const fill = async () => {
      for (;;) await store.put(`/${count++}`, new Uint8Array(200_000), 0)
    }
    await assert.rejects(fill(), /etcd's database has reached its quota .*'etcdctl alarm disarm', or raise --quota/)
    assert.match(store.unhealthy() ?? '', /quota/)
    assert.ok((await store.list('/', { limit: 1 })).entries.length === 1)

    const page = await store.list('/')
    const etcdctl = (...args: string[]) =>
      execFileSync('etcdctl', ['--endpoints', server.url, ...args], { env: { ...process.env, ETCDCTL_API: '3' } })
    for (const { key, revision } of page.entries) await store.delete(key, revision)
    await store.compact(store.revision())
    etcdctl('defrag')
    etcdctl('alarm', 'disarm')
    await until(() => store.unhealthy() === undefined, 'the store is healthy again')
    await store.put('/again', bytes('1'), 0)
  },
  { args: ['--quota-backend-bytes', '2000000'] },
)

withEtcd('one of two servers compacts a round, to where the store was a round before', async (server) => {
  await using one = await open(server)
  await using other = await open(server)
  const deps = { clock: systemClock, log: silentLogger }
  const compactors = [one, other].map((store) => new ElectedCompactor({ ...deps, store }))
  const compactedTo = async (): Promise<number> => {
    try {
      await one.list('/', { revision: 1 })
      return 0
    } catch (error) {
      return (error as CompactedError).compacted
    }
  }
  let written = 0
  const round = async () => {
    for (const store of [one, other]) await store.put(`/${written++}`, bytes('1'), 0)
    for (const compactor of compactors) await compactor.round()
  }
  await round()
  assert.equal(await compactedTo(), 0, 'nothing is known to be old in the first round')
  const young = await one.put('/young', bytes('1'), 0)
  await round()
  const compacted = await compactedTo()
  assert.ok(compacted > 0 && compacted < young, `compacted to ${compacted}, ${young} is younger than a round`)

  const claims = one.revision()
  for (const compactor of compactors) await compactor.round()
  assert.equal(one.revision(), claims, 'nothing is written while nothing else is')
})

withEtcd('a watch from a past that another server compacted away is refused with the revision', async (server) => {
  await using one = await open(server)
  await using other = await open(server)
  for (let n = 0; n < 5; n++) await one.put(`/${n}`, bytes('1'), 0)
  const live = follow(one, one.revision())
  await other.compact(4)
  const never = new AbortController().signal
  await assert.rejects(
    one.watch('/', 2, () => {}, never),
    (error) => error instanceof CompactedError && error.compacted === 4,
  )
  await one.put('/more', bytes('1'), 0)
  assert.equal(live.seen.length, 1)
  live.stop()
})

withEtcd('a value that cannot be read ends the watch that met it and no other', async (server) => {
  const codec = {
    encode: (_key: string, value: Uint8Array) => value,
    decode(key: string, stored: Uint8Array): Uint8Array {
      if (Buffer.from(stored).toString() === 'bad') throw new Error(`the value of ${key} cannot be read`)
      return stored
    },
  }
  await using store = await open(server, { codec })
  await using raw = await open(server)
  const other = follow(store, 1)
  const stop = new AbortController()
  const reader = store.watch('/a', 1, (events) => events.map(({ value }) => value), stop.signal)
  const ended = assert.rejects(reader, /the value of \/a cannot be read/)
  await raw.put('/a', bytes('bad'), 0)
  await ended
  await assert.rejects(store.list('/'), /the value of \/a cannot be read/)
  await store.put('/b', bytes('good'), 0)
  assert.equal(other.error, undefined)
  assert.equal(other.seen.length, 2)
  other.stop()
})

const directory = mkdtempSync(join(tmpdir(), 'navarch-etcd-tls-'))
after(() => rmSync(directory, { recursive: true, force: true }))

withEtcd(
  'a write within a fence fails once somebody has moved it, whatever the state of its own key',
  async (server) => {
    await using first = await open(server)
    await using second = await open(server)
    const fence = { key: '/terms/a', revision: await first.put('/terms/a', bytes('first'), 0) }
    const within = <R>(run: () => R): R => withinFence(fence, run)
    const revision = await within(async () => {
      await delay(1) // the fence goes with whatever is waited for
      return first.put('/x', bytes('1'), 0)
    })
    await assert.rejects(
      within(() => first.put('/x', bytes('2'), 0)),
      RevisionMismatch,
    )
    const moved = await second.put('/terms/a', bytes('second'), fence.revision)
    for (const write of [
      () => first.put('/x', bytes('2'), revision),
      () => first.put('/y', bytes('1'), 0),
      () => first.delete('/x', revision),
    ]) {
      await assert.rejects(within(write), FencedOff)
    }
    assert.deepEqual([(await second.get('/x')).entry?.revision, (await second.get('/y')).entry], [revision, undefined])
    assert.equal(first.unhealthy(), undefined)
    await withinFence({ key: '/terms/a', revision: moved }, () => second.put('/x', bytes('3'), revision))
    await first.put('/y', bytes('1'), 0) // without a fence nothing changes
  },
)

test('etcd: TLS with client certificates; each mistake is named with its remedy', {
  skip,
  timeout: 60_000,
}, async () => {
  const [ours, theirs] = await Promise.all([testAuthority('ours'), testAuthority('theirs')])
  const serving = await ours.issue({ commonName: 'etcd' }, ['server'])
  const client = await ours.issue({ commonName: 'apiserver' }, ['client'])
  const stranger = await theirs.issue({ commonName: 'apiserver' }, ['client'])
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  await using server = await EtcdServer.start({
    tls: { cert: file('cert', serving.cert), key: file('key', serving.key), clientCa: file('ca', ours.ca) },
  })
  const pem = ({ cert, key }: { cert: string; key: string }) => ({ cert: Buffer.from(cert), key: Buffer.from(key) })
  const ca = Buffer.from(ours.ca)
  {
    await using store = await open(server, { tls: { ca, ...pem(client) } })
    assert.equal(await store.put('/a', bytes('1'), 0), 2)
  }
  const plain = server.url.replace('https:', 'http:')
  const mistakes: [options: Partial<EtcdStoreOptions>, says: RegExp][] = [
    [{ tls: { ca: Buffer.from(theirs.ca), ...pem(client) } }, /not signed by the authority in --etcd-cafile/],
    [{ tls: pem(client) }, /not signed by the authority in --etcd-cafile/],
    [{ tls: { ca } }, /check --etcd-certfile and --etcd-keyfile/],
    [{ tls: { ca, ...pem(stranger) } }, /check --etcd-certfile and --etcd-keyfile/],
    [{ servers: [plain] }, /check https:\/\/ in --etcd-servers/],
  ]
  for (const [options, says] of mistakes) {
    await assert.rejects(open(server, options), (error: Error) => {
      assert.ok(error instanceof StoreUnavailable)
      assert.match(error.message, says)
      return true
    })
  }
})
