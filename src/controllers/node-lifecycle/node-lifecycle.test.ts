import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { nodeLifecycleController } from './node-lifecycle.ts'

const node = (conditions: object[], spec: object = {}) => ({ metadata: { name: 'n' }, spec, status: { conditions } })
const ready = (status: string) => ({ type: 'Ready', status, lastHeartbeatTime: '2026-01-01T00:00:00Z' })
const lease = (second: number) => ({
  metadata: { name: 'n', namespace: 'kube-node-lease' },
  spec: { renewTime: `2026-01-01T00:00:${second}.000000Z` },
})

const cases = [
  {
    title: 'ready: the taint of the start goes',
    spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] },
    conditions: [ready('True')],
    want: [],
  },
  {
    title: 'not ready',
    conditions: [ready('False')],
    want: ['node.kubernetes.io/not-ready:NoSchedule', 'node.kubernetes.io/not-ready:NoExecute'],
  },
  {
    title: 'pressure',
    conditions: [ready('True'), { type: 'DiskPressure', status: 'True' }],
    want: ['node.kubernetes.io/disk-pressure:NoSchedule'],
  },
  {
    title: 'cordoned; other taints stay',
    spec: { unschedulable: true, taints: [{ key: 'mine', effect: 'NoExecute' }] },
    conditions: [ready('True')],
    want: ['mine:NoExecute', 'node.kubernetes.io/unschedulable:NoSchedule'],
  },
]
for (const { title, spec, conditions, want } of cases) {
  test(`taints of a node: ${title}`, async (t) => {
    const bench = controllerBench(t, nodeLifecycleController())
    bench.put('nodes', node(conditions, spec))
    await bench.rest()
    assert.deepEqual(
      (bench.all('nodes')[0]?.spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`),
      want,
    )
  })
}

test('a node is unknown 50 s after its last lease renewal, its pods not ready', async (t) => {
  const bench = controllerBench(t, nodeLifecycleController())
  bench.put('nodes', node([ready('True')]))
  bench.put('pods', {
    metadata: { name: 'p', namespace: 'ns' },
    spec: { nodeName: 'n' },
    status: { conditions: [ready('True')] },
  })
  bench.put('leases', lease(10))
  await bench.rest()
  await bench.clock.advance(40_000)
  bench.put('leases', lease(50))
  await bench.clock.advance(49_000)
  const of = () => bench.all('nodes')[0]?.status.conditions?.map(({ type, status }) => `${type}=${status}`)
  assert.deepEqual(of(), ['Ready=True'])
  await bench.clock.advance(2_000)
  assert.deepEqual(of(), ['Ready=Unknown', 'MemoryPressure=Unknown', 'DiskPressure=Unknown', 'PIDPressure=Unknown'])
  assert.equal(bench.all('pods')[0]?.status.conditions?.[0]?.status, 'False')
  assert.equal(bench.all('nodes')[0]?.spec.taints?.[0]?.key, 'node.kubernetes.io/unreachable')
})
