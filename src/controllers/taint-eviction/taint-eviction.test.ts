import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Toleration } from '../../api/types/core.v1.ts'
import { resources } from '../../client/clientset.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { taintEvictionController } from './taint-eviction.ts'
import { toleratedMs } from './toleration-time.ts'

const out = { key: 'out', effect: 'NoExecute' as const }
const gone = { key: 'gone', value: 'yes', effect: 'NoExecute' as const }
const tolerate = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: 'Exists',
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
})

const stays = [
  { title: 'no taint', taints: [], tolerations: [], want: Number.POSITIVE_INFINITY },
  { title: 'no toleration', taints: [out], tolerations: [], want: 0 },
  { title: 'tolerated for ever', taints: [out], tolerations: [tolerate('out')], want: Number.POSITIVE_INFINITY },
  { title: 'tolerated for a while', taints: [out], tolerations: [tolerate('out', 30)], want: 30_000 },
  { title: 'a negative time is none', taints: [out], tolerations: [tolerate('out', -1)], want: 0 },
  { title: 'the first match counts', taints: [out], tolerations: [tolerate('out', 30), tolerate('out')], want: 30_000 },
  { title: 'one of two not tolerated', taints: [out, gone], tolerations: [tolerate('out')], want: 0 },
  {
    title: 'the shortest of two times',
    taints: [out, gone],
    tolerations: [tolerate('gone', 9), tolerate('out', 5)],
    want: 5_000,
  },
  { title: 'another value', taints: [gone], tolerations: [{ key: 'gone', value: 'no' }], want: 0 },
]
for (const { title, taints, tolerations, want } of stays) {
  test(`how long a pod stays: ${title}`, () => assert.equal(toleratedMs(taints, tolerations), want))
}

const node = (...taints: object[]) => ({ metadata: { name: 'n' }, spec: { taints } })
const pod = (name: string, ...tolerations: Toleration[]) => ({
  metadata: { name, namespace: 'ns' },
  spec: { nodeName: 'n', tolerations },
})

test('pods go when their node is tainted, those that tolerate it for a while later, others stay', async (t) => {
  const bench = controllerBench(t, taintEvictionController())
  const names = () => bench.all('pods').map(({ metadata }) => metadata.name)
  bench.put('nodes', node())
  bench.put('pods', pod('now'), pod('later', tolerate('out', 60)), pod('never', tolerate('out')))
  await bench.rest()
  assert.deepEqual(names(), ['now', 'later', 'never'])
  bench.put('nodes', node(out))
  await bench.rest()
  assert.deepEqual(names(), ['later', 'never'])
  await bench.clock.advance(59_000)
  assert.deepEqual(names(), ['later', 'never'])
  await bench.clock.advance(1_000)
  await bench.rest()
  assert.deepEqual(names(), ['never'])
  assert.deepEqual(
    bench.all('events').map(({ reason, message }) => `${reason}: ${message}`),
    [
      'TaintManagerEviction: Marking for deletion Pod ns/now',
      'TaintManagerEviction: Marking for deletion Pod ns/later',
    ],
  )
})

test('a pod is told why before it is deleted', async (t) => {
  const bench = controllerBench(t, taintEvictionController())
  bench.put('nodes', node(out))
  bench.put('pods', { ...pod('held'), metadata: { name: 'held', namespace: 'ns', finalizers: ['x/y'] } })
  await bench.rest()
  const [held] = bench.all('pods')
  assert.ok(held?.metadata.deletionTimestamp)
  assert.deepEqual(held.status.conditions, [
    {
      type: 'DisruptionTarget',
      observedGeneration: 1,
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    },
  ])
})

test('a taint that goes in time cancels the deletion', async (t) => {
  const bench = controllerBench(t, taintEvictionController())
  bench.put('nodes', node(out))
  bench.put('pods', pod('p', tolerate('out', 60)))
  await bench.rest()
  await bench.clock.advance(30_000)
  bench.put('nodes', node())
  await bench.rest()
  await bench.clock.advance(60_000)
  assert.equal(bench.all('pods').length, 1)
  assert.equal(bench.all('events')[0]?.message, 'Cancelling deletion of Pod ns/p')
})

test('a pod that waits for a node goes when it gets a tainted one', async (t) => {
  const bench = controllerBench(t, taintEvictionController())
  const { metadata } = pod('p')
  bench.put('nodes', node(out))
  bench.put('pods', { metadata, spec: {} })
  await bench.rest()
  assert.equal(bench.all('pods').length, 1)
  bench.put('pods', pod('p'))
  await bench.rest()
  assert.equal(bench.all('pods').length, 0)
})

test('a namesake that waits for a node does not inherit the time of the pod before it', async (t) => {
  const bench = controllerBench(t, taintEvictionController())
  const { metadata } = pod('p')
  bench.put('nodes', node(out))
  bench.put('pods', pod('p', tolerate('out', 60)))
  await bench.rest()
  bench.api.remove(resources.pods, metadata)
  bench.put('pods', { metadata, spec: {} })
  await bench.rest()
  assert.equal(bench.all('events')[0]?.message, 'Cancelling deletion of Pod ns/p')
  await bench.clock.advance(120_000)
  assert.equal(bench.all('pods').length, 1)
})
