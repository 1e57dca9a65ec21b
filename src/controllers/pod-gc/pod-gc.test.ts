import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControllerBench } from '../../testing/controller-bench.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { podGarbageCollector } from './pod-gc.ts'

const meta = (name: string, more: object = {}) => ({ name, namespace: 'ns', ...more })
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0, finalizers: ['x/y'] }
const phases = (bench: ControllerBench) =>
  bench.all('pods').map(({ metadata, status }) => `${metadata.name} ${status.phase}`)

test('above the threshold evicted pods go first, then the oldest', async (t) => {
  const bench = controllerBench(t, podGarbageCollector(2))
  const ended = (name: string, second: number, reason?: string) => ({
    metadata: meta(name, { creationTimestamp: `2026-01-01T00:00:0${second}Z` }),
    spec: {},
    status: { phase: 'Succeeded' as const, ...(reason && { reason }) },
  })
  bench.put('pods', ended('old', 1), ended('older', 0), ended('new', 8), ended('evicted', 9, 'Evicted'))
  bench.put('pods', { metadata: meta('runs'), spec: {}, status: { phase: 'Running' } })
  await bench.rest()
  assert.deepEqual(phases(bench), ['old Succeeded', 'new Succeeded', 'runs Running'])
})

test('pods of a node that is gone for 40 s go, marked as failed and with the reason', async (t) => {
  const bench = controllerBench(t, podGarbageCollector())
  bench.put('nodes', { metadata: { name: 'n' }, spec: {} })
  const pod = { spec: { nodeName: 'n' }, status: { phase: 'Running' as const } }
  bench.put('pods', { metadata: meta('a'), ...pod }, { metadata: meta('held', { finalizers: ['x/y'] }), ...pod })
  await bench.rest()
  await bench.client.nodes.delete({ name: 'n' })
  await bench.clock.advance(39_000)
  assert.deepEqual(phases(bench), ['a Running', 'held Running'])
  await bench.clock.advance(1_000)
  await bench.rest()
  assert.deepEqual(phases(bench), ['held Failed'])
  assert.deepEqual(
    bench.all('pods')[0]?.status.conditions?.map(({ type, reason, message }) => [type, reason, message]),
    [['DisruptionTarget', 'DeletionByPodGC', 'PodGC: node no longer exists']],
  )
})

test('a node that comes back in time keeps its pods', async (t) => {
  const bench = controllerBench(t, podGarbageCollector())
  const node = { metadata: { name: 'n' }, spec: {} }
  bench.put('pods', { metadata: meta('a'), spec: { nodeName: 'n' }, status: { phase: 'Running' } })
  await bench.rest()
  await bench.clock.advance(30_000)
  bench.put('nodes', node)
  await bench.clock.advance(60_000)
  assert.deepEqual(phases(bench), ['a Running'])
})

test('a pod that was never bound is not left being deleted; held by finalizers it is written once', async (t) => {
  const bench = controllerBench(t, podGarbageCollector())
  bench.put('pods', { metadata: meta('held', deleted), spec: {}, status: { phase: 'Pending' } })
  await bench.clock.advance(19_000)
  assert.deepEqual(phases(bench), ['held Pending'])
  await bench.clock.advance(60_000)
  assert.deepEqual(phases(bench), ['held Failed'])
  assert.deepEqual(bench.api.takeWrites(), ['patch pods/status ns/held', 'delete pods ns/held'])
})

const services = [
  { title: 'out of service', ready: 'False', taints: [{ key: 'node.kubernetes.io/out-of-service' }], want: 'Failed' },
  {
    title: 'out of service but ready',
    ready: 'True',
    taints: [{ key: 'node.kubernetes.io/out-of-service' }],
    want: 'Running',
  },
  { title: 'only not ready', ready: 'False', taints: [], want: 'Running' },
] as const
for (const { title, ready, taints, want } of services) {
  test(`a pod being deleted on a node that is ${title}: ${want}`, async (t) => {
    const bench = controllerBench(t, podGarbageCollector())
    const status = { conditions: [{ type: 'Ready', status: ready }] }
    bench.put('pods', { metadata: meta('p', deleted), spec: { nodeName: 'n' }, status: { phase: 'Running' } })
    bench.put('nodes', { metadata: { name: 'n' }, spec: {}, status })
    await bench.rest()
    bench.put('nodes', { metadata: { name: 'n' }, spec: { taints: [...taints] }, status })
    await bench.clock.advance(30_000)
    assert.deepEqual(phases(bench), [`p ${want}`])
  })
}
