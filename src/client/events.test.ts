import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { StatusError } from '../api/status-error.ts'
import type { Event } from '../api/types/core.v1.ts'
import { silentLogger } from '../base/log.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle } from '../testing/fake-clock.ts'
import { Client, resources } from './clientset.ts'
import { EventWriter } from './events.ts'

const pod = {
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name: 'p', namespace: 'ns', uid: 'uid-p', resourceVersion: '7' },
}

function writer(t: TestContext) {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const stop = new AbortController()
  t.after(() => stop.abort())
  const deps = { client: new Client(api), component: 'kubelet', host: 'n', clock, log: silentLogger }
  const events = new EventWriter(deps)
  const start = () => void events.run(stop.signal)
  return { api, clock, events, start, stop, written: () => api.all<Event>(resources.events) }
}

test('an event says what happened to whom, who says so and when', async (t) => {
  const { events, start, written } = writer(t)
  start()
  events.warning(pod, 'Failed', 'no image')
  await settle()
  const [{ metadata, kind, apiVersion, ...event } = { metadata: undefined }] = written()
  assert.match(metadata?.name ?? '', /^p\.[0-9a-f]{16}$/)
  assert.equal(metadata?.namespace, 'ns')
  assert.deepEqual(event, {
    involvedObject: { kind: 'Pod', apiVersion: 'v1', namespace: 'ns', name: 'p', uid: 'uid-p', resourceVersion: '7' },
    reason: 'Failed',
    message: 'no image',
    source: { component: 'kubelet', host: 'n' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
    type: 'Warning',
    reportingComponent: 'kubelet',
    reportingInstance: 'n',
  })
})

test('an event about an object without namespace goes to the default namespace', async (t) => {
  const { events, start, written } = writer(t)
  start()
  events.normal({ kind: 'Node', apiVersion: 'v1', name: 'n', uid: 'n' }, 'Starting', '')
  await settle()
  assert.equal(written()[0]?.metadata.namespace, 'default')
})

test('what repeats raises the count of the first, also when that has expired meanwhile', async (t) => {
  const { api, clock, events, start, written } = writer(t)
  start()
  events.normal(pod, 'Pulled', 'again')
  await settle()
  await clock.advance(60_000)
  events.normal(pod, 'Pulled', 'again')
  await settle()
  const counts = () => written().map(({ count, lastTimestamp }) => [count, lastTimestamp])
  assert.deepEqual(counts(), [[2, '2026-01-01T00:01:00Z']])
  api.remove(resources.events, written()[0]?.metadata ?? { name: '' })
  events.normal(pod, 'Pulled', 'again')
  await settle()
  assert.deepEqual(counts(), [[1, '2026-01-01T00:01:00Z']])
})

test('events wait for a server that cannot be reached, in their order', async (t) => {
  const { api, clock, events, start, written } = writer(t)
  let down = true
  api.react(({ verb }) => {
    if (down && verb === 'create') throw new StatusError({ code: 503, reason: 'ServiceUnavailable', message: 'down' })
  })
  start()
  events.normal(pod, 'First', '')
  events.normal(pod, 'Second', '')
  await settle()
  assert.deepEqual(written(), [])
  down = false
  await clock.advance(10_000)
  assert.deepEqual(
    written().map(({ reason }) => reason),
    ['First', 'Second'],
  )
})

test('an event that the server refuses is lost, not tried again', async (t) => {
  const { api, clock, events, start } = writer(t)
  api.react(({ body }) => {
    if ((body as Event).reason !== 'Bad') return
    throw new StatusError({ code: 403, reason: 'Forbidden', message: 'no' })
  })
  start()
  events.normal(pod, 'Bad', '')
  events.normal(pod, 'Good', '')
  await clock.advance(60_000)
  assert.equal(api.takeWrites().length, 2)
})

test('more than 1000 waiting events are dropped; nobody is made to wait', async (t) => {
  const { events, start, written } = writer(t)
  assert.equal(events.room, 1000)
  for (let index = 0; index < 1200; index++) {
    events.normal({ ...pod, metadata: { ...pod.metadata, name: `p${index}`, uid: `${index}` } }, 'Many', '')
  }
  assert.equal(events.room, 0)
  start()
  for (let turn = 0; turn < 20 && written().length < 1000; turn++) await settle(500)
  await settle(50)
  assert.equal(written().length, 1000)
})
