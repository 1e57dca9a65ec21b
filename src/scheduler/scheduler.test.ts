import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { Event, Node, Pod } from '../api/types/core.v1.ts'
import { silentLogger } from '../base/log.ts'
import { Client, resources } from '../client/clientset.ts'
import { EventWriter } from '../client/events.ts'
import { createInformers } from '../client/informers.ts'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock, settle, settleUntil } from '../testing/fake-clock.ts'
import { defaultPlugins } from './plugins/index.ts'
import { Scheduler } from './scheduler.ts'

const meta = (name: string) => ({
  name,
  uid: name,
  resourceVersion: '',
  creationTimestamp: '2026-01-01T00:00:00Z',
})

const pod = (name: string, memory = '1Mi'): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { ...meta(name), namespace: 'ns' },
  spec: { containers: [{ name: 'c', image: 'app', resources: { requests: { memory } } }] },
  status: {},
})

const node = (name: string, memory = '4Gi'): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: meta(name),
  spec: {},
  status: { allocatable: { cpu: '2', memory, pods: '1000' } },
})

/** A scheduler at work on what `put` brought in before `start`. */
function setUp(t: TestContext) {
  const clock = new FakeClock()
  const api = new FakeApi({ clock })
  const client = new Client(api)
  const informers = createInformers(client, { clock, log: silentLogger })
  const { pods, nodes, persistentVolumeClaims: claims, persistentVolumes: volumes, storageClasses: classes } = informers
  const events = new EventWriter({ client, component: 'default-scheduler', clock, log: silentLogger })
  const plugins = defaultPlugins({ client, claims, volumes: volumes.lister, classes: classes.lister })
  const deps = { client, pods, nodes, claims, volumes, classes, plugins, events, clock, log: silentLogger }
  const scheduler = new Scheduler(deps)
  const stop = new AbortController()
  t.after(() => stop.abort())
  const start = async () => {
    void informers.run(stop.signal)
    void events.run(stop.signal)
    void scheduler.run(stop.signal)
    await settle(20)
  }
  const conditionOf = (name: string) => {
    const found = api.all<Pod>(resources.pods).find(({ metadata }) => metadata.name === name)
    return found?.status.conditions?.find(({ type }) => type === 'PodScheduled')
  }
  const refused = () => api.all<Pod>(resources.pods).filter(({ status }) => status.conditions?.length)
  const nodeOf = (name: string) =>
    api.all<Pod>(resources.pods).find(({ metadata }) => metadata.name === name)?.spec.nodeName
  const eventsOf = (name: string) => {
    const ofPod = api.all<Event>(resources.events).filter(({ involvedObject }) => involvedObject.name === name)
    return ofPod.map(({ reason, message }) => `${reason}: ${message}`)
  }
  return { api, clock, start, conditionOf, refused, nodeOf, eventsOf }
}

const NO_NODES = 'no nodes available to schedule pods'

test('scheduler: a pod that fits nowhere is told so at once, by its condition and an event', async (t) => {
  const { api, start, conditionOf, eventsOf } = setUp(t)
  await start()
  api.put(resources.pods, pod('a'))
  await settle(20)
  assert.deepEqual(conditionOf('a'), {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: NO_NODES,
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  })
  assert.deepEqual(eventsOf('a'), [`FailedScheduling: ${NO_NODES}`])
})

test('scheduler: a pod that was refused for want of nodes is bound when one comes', async (t) => {
  const { api, clock, start, nodeOf } = setUp(t)
  await start()
  api.put(resources.pods, pod('a'))
  await settle(20)
  api.put(resources.nodes, node('n'))
  await clock.advance(1000)
  await settle(20)
  assert.equal(nodeOf('a'), 'n')
})

test('scheduler: each pod of a flood that fits nowhere is told so in the end, once', async (t) => {
  const { api, clock, start, refused, eventsOf } = setUp(t)
  await start()
  for (let index = 0; index < 400; index++) api.put(resources.pods, pod(`p${index}`))
  await settleUntil(() => refused().length >= 200)
  await settle(20)
  assert.equal(refused().length, 200)
  await clock.advance(2000)
  await settleUntil(() => api.all(resources.events).length >= 400)
  assert.deepEqual([refused().length, api.all(resources.events).length], [400, 400])
  assert.deepEqual(eventsOf('p399'), [`FailedScheduling: ${NO_NODES}`])
})

test('scheduler: a flood of refused pods does not delay a binding, and a pod that is bound or gone is not called refused', async (t) => {
  const { api, clock, start, refused, nodeOf, conditionOf, eventsOf } = setUp(t)
  api.put(resources.nodes, node('n', '8Mi'))
  await start()
  for (let index = 0; index < 202; index++) api.put(resources.pods, pod(`p${index}`, '16Mi'))
  api.put(resources.pods, pod('fits'))
  await settleUntil(() => refused().length >= 200)
  await settle(20)
  assert.deepEqual([refused().length, nodeOf('fits')], [200, 'n'])
  const [last, gone] = [pod('p200'), pod('p201')]
  api.put(resources.pods, { ...last, spec: { ...last.spec, nodeName: 'n' } })
  api.remove(resources.pods, gone.metadata)
  await clock.advance(10_000)
  assert.equal(conditionOf('p200'), undefined)
  assert.deepEqual([...eventsOf('p200'), ...eventsOf('p201')], [])
})

test('scheduler: a pod that gets its node while its report waits is not called refused', async (t) => {
  const { api, clock, start, refused, nodeOf, eventsOf } = setUp(t)
  await start()
  for (let index = 0; index < 301; index++) api.put(resources.pods, pod(`p${index}`))
  await settleUntil(() => refused().length >= 200)
  await settle(20)
  api.put(resources.nodes, node('n'))
  await clock.advance(1000)
  await settleUntil(() => nodeOf('p300') !== undefined)
  await clock.advance(10_000)
  assert.deepEqual(eventsOf('p300'), ['Scheduled: Successfully assigned ns/p300 to n'])
})
