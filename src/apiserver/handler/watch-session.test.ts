import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestApi } from '../../testing/api-server.ts'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import type { WatchReceiver, WatchSession } from './watch-session.ts'

const MINUTE_MS = 60_000

/** A watch that has begun, and when it told what. */
async function setup(query: Readonly<Record<string, string>>) {
  const clock = new FakeClock()
  const api = await startTestApi({ clock })
  const session = await sessionOf(api.server, query)
  const start = clock.monotonic()
  const told: string[] = []
  const tell = (what: string) => told.push(`${what} ${(clock.monotonic() - start) / 1_000}`)
  const receiver: WatchReceiver = {
    event: (type) => tell(type),
    events: (events) => {
      for (const { type } of events) tell(type)
    },
    flush() {},
    bookmark: () => tell('BOOKMARK'),
    drained: () => Promise.resolve(),
    error: ({ reason }) => tell(reason),
    end: () => tell('end'),
  }
  const before = clock.pending
  session.start(receiver)
  session.whenEnded(() => tell('ended'))
  await settle()
  return { clock, session, told, timers: () => clock.pending - before, [Symbol.asyncDispose]: api[Symbol.asyncDispose] }
}

type Server = Awaited<ReturnType<typeof startTestApi>>['server']

async function sessionOf(server: Server, query: Readonly<Record<string, string>>): Promise<WatchSession> {
  const resource = server.registry.find('', 'v1', 'configmaps')
  assert.ok(resource)
  const result = await server.handler({
    verb: 'watch',
    resource,
    namespace: 'a',
    name: '',
    subresource: '',
    query: { get: (name) => query[name], all: () => [] },
    body: { kind: 'none' },
    user: { name: 'u', groups: [] },
    signal: new AbortController().signal,
    warn() {},
  })
  assert.ok(result.kind === 'watch')
  return result.session
}

const ENDS: readonly {
  readonly what: string
  readonly query: Readonly<Record<string, string>>
  readonly told: readonly string[]
}[] = [
  {
    what: 'takes bookmarks gets one a minute until its time is over',
    query: { timeoutSeconds: '150', allowWatchBookmarks: '1' },
    told: ['BOOKMARK 60', 'BOOKMARK 120', 'end 150', 'ended 150'],
  },
  {
    what: 'lasts less than a minute gets a bookmark two seconds before its end',
    query: { timeoutSeconds: '30', allowWatchBookmarks: '1' },
    told: ['BOOKMARK 28', 'end 30', 'ended 30'],
  },
  {
    what: 'lasts a second gets its bookmark at once',
    query: { timeoutSeconds: '1', allowWatchBookmarks: '1' },
    told: ['BOOKMARK 0', 'end 1', 'ended 1'],
  },
  { what: 'takes no bookmarks just ends', query: { timeoutSeconds: '150' }, told: ['end 150', 'ended 150'] },
]

for (const { what, query, told } of ENDS) {
  test(`a watch that ${what}`, async () => {
    await using watch = await setup({ resourceVersion: '1', ...query })
    await watch.clock.advance(4 * MINUTE_MS)
    assert.deepEqual(watch.told, told)
  })
}

test('a watch has one timer, and none when it has been stopped', async () => {
  await using watch = await setup({ resourceVersion: '1', allowWatchBookmarks: '1' })
  await watch.clock.advance(MINUTE_MS)
  const running = watch.timers()
  watch.session.stop()
  watch.session.stop()
  assert.deepEqual([running, watch.timers(), watch.told], [1, 0, ['BOOKMARK 60', 'end 60', 'ended 60']])
})

test('who asks for the end of a watch that has ended is told at once', async () => {
  await using watch = await setup({ resourceVersion: '1' })
  watch.session.stop()
  let ended = 0
  watch.session.whenEnded(() => ended++)
  assert.equal(ended, 1)
})
