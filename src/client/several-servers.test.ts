import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reason, StatusError } from '../api/status-error.ts'
import { silentLogger } from '../base/log.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { Client } from './clientset.ts'
import { SeveralServers } from './several-servers.ts'

type Fault = 'refused' | 'reset' | 'still' | 'without etcd'

const reachedNot = (cause: object): StatusError =>
  new StatusError({ code: 503, reason: Reason.ServiceUnavailable, message: 'the server cannot be reached', cause })
const FAULTS: Readonly<Record<Exclude<Fault, 'still'>, StatusError>> = {
  refused: reachedNot({ code: 'ECONNREFUSED', syscall: 'connect' }),
  reset: reachedNot({ code: 'ECONNRESET', syscall: 'read' }),
  'without etcd': new StatusError({
    code: 503,
    reason: Reason.ServiceUnavailable,
    message: 'etcd cannot be reached',
    details: { retryAfterSeconds: 1 },
  }),
}

const until = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))

/** Two servers of one cluster, each of which can be given a fault. */
function setup() {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const faults = new Map<string, Fault>()
  const asked: string[] = []
  const open = (server: string) => {
    const closed = new AbortController()
    const reach = async (signal: AbortSignal | undefined): Promise<void> => {
      asked.push(server)
      const fault = faults.get(server)
      if (fault === 'still') await until(signal)
      else if (fault) throw FAULTS[fault]
    }
    return {
      async call<T>(request: Parameters<FakeApi['call']>[0], signal?: AbortSignal) {
        await reach(signal)
        return api.call<T>(request, signal)
      },
      async *watch<T>(request: Parameters<FakeApi['watch']>[0], signal: AbortSignal) {
        await reach(signal)
        yield* api.watch<T>(request, AbortSignal.any([signal, closed.signal]))
        if (closed.signal.aborted) throw FAULTS.reset
      },
      async get(_path: string, signal?: AbortSignal) {
        await reach(signal)
      },
      [Symbol.dispose]: () => closed.abort(),
    }
  }
  const servers = new SeveralServers({ servers: ['a', 'b'], open, clock, log: silentLogger })
  const { configMaps } = new Client(servers)
  const create = (name: string) => configMaps.create({ metadata: { name, namespace: 'default' } })
  return { clock, api, faults, asked, servers, configMaps, create }
}

test('one server is used until it fails, then the next', async () => {
  const { faults, asked, configMaps, create } = setup()
  await create('one')
  faults.set('a', 'reset')
  await configMaps.list()
  await create('two')
  assert.deepEqual(asked, ['a', 'a', 'b', 'b'])
})

const faults: [fault: Fault, what: string, repeated: boolean][] = [
  ['refused', 'never reached its server', true],
  ['without etcd', 'was refused', true],
  ['reset', 'may have happened', false],
]
for (const [fault, what, repeated] of faults) {
  test(`a write that ${what} is ${repeated ? '' : 'not '}sent to another server`, async () => {
    const { api, faults, servers, create } = setup()
    faults.set('a', fault)
    if (repeated) await create('one')
    else await assert.rejects(create('one'), { code: 503 })
    assert.deepEqual([api.takeWrites().length, servers.current], [repeated ? 1 : 0, 'b'])
  })
}

test('a read of a server that stands still is asked of another', async () => {
  const { clock, faults, configMaps } = setup()
  faults.set('a', 'still')
  const read = configMaps.list()
  await clock.advance(10_000)
  assert.deepEqual((await read).items, [])
  assert.equal(clock.pending, 0)
})

test('a watch of a server that stands still ends, and is resumed at another', async () => {
  const { clock, faults, servers, configMaps, create } = setup()
  const stop = new AbortController()
  const seen: string[] = []
  const watch = async (): Promise<void> => {
    for await (const { object } of configMaps.watch({}, stop.signal)) seen.push(object.metadata.name)
  }
  const first = watch()
  await create('one')
  await settle()
  faults.set('a', 'still')
  const broken = assert.rejects(first, { code: 503 })
  await clock.advance(15_000)
  await broken
  const second = watch()
  await settle()
  await create('two')
  await settle()
  assert.deepEqual([seen, servers.current], [['one', 'two'], 'b'])
  stop.abort()
  await second
  servers[Symbol.dispose]()
  assert.equal(clock.pending, 0)
})

test('when all fail the last failure is the caller’s, and the next call begins again', async () => {
  const { faults, asked, configMaps } = setup()
  faults.set('a', 'refused').set('b', 'refused')
  await assert.rejects(configMaps.list(), { code: 503 })
  faults.clear()
  await configMaps.list()
  assert.deepEqual(asked, ['a', 'b', 'a'])
})

test('what the API refuses is no fault of the server', async () => {
  const { servers, configMaps } = setup()
  await assert.rejects(configMaps.get({ name: 'none', namespace: 'default' }), { code: 404 })
  assert.equal(servers.current, 'a')
})

test('servers that are learned come before those given; the one in use is kept while it is known', async () => {
  const { asked, faults, servers, configMaps } = setup()
  servers.use(['c', 'd'])
  await configMaps.list()
  faults.set('a', 'refused')
  await configMaps.list()
  servers.use(['d'])
  await configMaps.list()
  faults.set('d', 'refused')
  await configMaps.list()
  assert.deepEqual(asked, ['a', 'a', 'c', 'd', 'd', 'a', 'b'])
})
