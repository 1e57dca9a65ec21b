import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiObject } from '../../api/resource.ts'
import { silentLogger } from '../../base/log.ts'
import { type Discover, discoverBuiltIn } from '../../client/discovery.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { GarbageCollector } from './garbage-collector.ts'
import type { OwnerState } from './verdict.ts'
import { verdict } from './verdict.ts'

const owner = (name: string, extra: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  name,
  uid: `uid-${name}`,
  ...extra,
})
const set = (name: string, extra: object = {}) => ({
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, ...extra },
})
const pod = (name: string, ...ownerReferences: object[]) => ({
  metadata: { name, namespace: 'ns', uid: `uid-${name}`, ownerReferences },
})

async function bench(t: { after(stop: () => void): void }, discover: Discover = discoverBuiltIn) {
  const made = controllerBench(t)
  const { informers, client, clock } = made
  const collector = new GarbageCollector({
    informers,
    clientFor: () => client,
    discover,
    clock,
    log: silentLogger,
  })
  const stop = new AbortController()
  t.after(() => stop.abort())
  const run = async () => {
    collector.run(stop.signal).catch((error) => assert.ok(stop.signal.aborted, error))
    await made.rest()
    await made.rest()
  }
  const pods = () => made.all('pods').map(({ metadata }) => metadata.name)
  return { ...made, run, pods }
}

test('what lost its only owner goes; what has or finds one stays', async (t) => {
  const { put, run, pods, all } = await bench(t)
  put('replicaSets', set('there'))
  put(
    'pods',
    pod('orphan', owner('gone')),
    pod('owned', owner('there')),
    pod('free'),
    pod('both', owner('gone'), owner('there')),
  )
  await run()
  assert.deepEqual(pods(), ['owned', 'free', 'both'])
  const kept = all('pods').at(-1)
  assert.deepEqual(
    kept?.metadata.ownerReferences?.map(({ name }) => name),
    ['there'],
  )
})

test('dependents follow an owner deleted in the background', async (t) => {
  const { put, run, pods, client, rest } = await bench(t)
  put('replicaSets', set('r'))
  put('pods', pod('a', owner('r')))
  await run()
  await client.replicaSets.delete({ name: 'r', namespace: 'ns' })
  await rest()
  assert.deepEqual(pods(), [])
})

test('in the foreground an owner waits for the dependents that block it', async (t) => {
  const { put, run, pods, all, client, rest } = await bench(t)
  put('replicaSets', set('r', { finalizers: ['foregroundDeletion'] }))
  put('pods', {
    metadata: { ...pod('a', owner('r', { blockOwnerDeletion: true })).metadata, finalizers: ['example.com/hold'] },
  })
  await run()
  await client.replicaSets.delete({ name: 'r', namespace: 'ns' })
  await rest()
  assert.deepEqual(
    [pods(), all('replicaSets').length, all('pods')[0]?.metadata.deletionTimestamp !== undefined],
    [['a'], 1, true],
  )
  await client.pods.patch({ name: 'a', namespace: 'ns' }, { type: 'merge', body: { metadata: { finalizers: [] } } })
  await rest()
  assert.deepEqual([pods(), all('replicaSets').length], [[], 0])
})

test('orphaned dependents stay without their owner', async (t) => {
  const { put, run, all, client, rest } = await bench(t)
  put('replicaSets', set('r', { finalizers: ['orphan'] }))
  put('pods', pod('a', owner('r')))
  await run()
  await client.replicaSets.delete({ name: 'r', namespace: 'ns' })
  await rest()
  assert.deepEqual([all('replicaSets').length, all('pods')[0]?.metadata.ownerReferences], [0, []])
})

test('a cluster-wide object with an owner in a namespace is left alone', async (t) => {
  const { put, run, all } = await bench(t)
  put('persistentVolumes', { metadata: { name: 'v', ownerReferences: [owner('gone')] } })
  await run()
  assert.equal(all('persistentVolumes').length, 1)
})

const WIDGETS = { group: 'example.com', plural: 'widgets', kind: 'Widget', namespaced: true }
const widget = (name: string, version: string, ...ownerReferences: object[]) =>
  ({
    apiVersion: `example.com/${version}`,
    kind: 'Widget',
    metadata: { name, namespace: 'ns', uid: `uid-${name}`, ownerReferences },
  }) as unknown as ApiObject

/** The built-in resources and widgets in one version, from when `serve` was called. */
function discoverWidgets() {
  let version: string | undefined
  const discover: Discover = async (signal) => {
    const { resources, failed } = await discoverBuiltIn(signal)
    const verbs = ['delete', 'list', 'watch']
    return { resources: version ? [...resources, { ...WIDGETS, version, verbs }] : resources, failed }
  }
  return { discover, serve: (next: string) => (version = next) }
}

test('custom resources that come later are collected, in whatever version is served', async (t) => {
  const { discover, serve } = discoverWidgets()
  const { api, put, run, clock, rest } = await bench(t, discover)
  const left = (version: string) => api.all({ ...WIDGETS, version }).map(({ metadata }) => metadata.name)
  const redefine = async (version: string) => {
    serve(version)
    put('customResourceDefinitions', { metadata: { name: 'widgets.example.com', labels: { version } } })
    await rest()
    put('customResourceDefinitions', { metadata: { name: 'widgets.example.com', labels: { version, again: 'yes' } } })
    await rest()
    await clock.advance(1000)
    await rest()
  }
  await run()
  api.put({ ...WIDGETS, version: 'v1' }, widget('orphan', 'v1', owner('gone')))
  api.put({ ...WIDGETS, version: 'v1' }, widget('free', 'v1'))
  await redefine('v1')
  assert.deepEqual(left('v1'), ['free'])
  api.put({ ...WIDGETS, version: 'v2' }, widget('second', 'v2', owner('gone')))
  await redefine('v2')
  assert.deepEqual(left('v2'), ['free'])
})

const none = { any: false, waiting: false }
const cases: [string, OwnerState[], typeof none, unknown][] = [
  ['all stay', ['solid', 'solid'], none, { do: 'keep' }],
  ['some are gone', ['absent', 'solid', 'waiting'], none, { do: 'unlink', uids: ['0', '2'] }],
  ['all are gone', ['absent'], none, { do: 'delete', propagation: 'Background', unblock: false }],
  [
    'one waits, and it has dependents',
    ['waiting', 'absent'],
    { any: true, waiting: false },
    { do: 'delete', propagation: 'Foreground', unblock: false },
  ],
  [
    'one waits, in a circle',
    ['waiting'],
    { any: true, waiting: true },
    { do: 'delete', propagation: 'Foreground', unblock: true },
  ],
]
for (const [title, states, dependents, want] of cases) {
  test(`an object whose owners: ${title}`, () => {
    const owners = states.map((state, index) => ({
      state,
      reference: { apiVersion: 'v1', kind: 'K', name: 'n', uid: String(index) },
    }))
    assert.deepEqual(verdict({ metadata: {} }, owners, dependents), want)
  })
}
