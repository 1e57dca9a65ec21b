import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { nodeLifecycleController } from './node-lifecycle.ts'
import { Zones } from './zones.ts'

const node = (conditions: object[], spec: object = {}, name = 'n') => ({
  metadata: { name },
  spec,
  status: { conditions },
})
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
    title: 'silent so far: the taint of the start stays',
    spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] },
    conditions: [],
    want: ['node.kubernetes.io/not-ready:NoSchedule'],
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
    bench.put('nodes', node([ready('True')], {}, 'other'), node(conditions, spec))
    await bench.rest()
    assert.deepEqual(
      (bench.all('nodes')[1]?.spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`),
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

test('renewals of a lease write nothing and wake nobody', async (t) => {
  const bench = controllerBench(t, nodeLifecycleController())
  bench.put('nodes', node([ready('True')]))
  await bench.rest()
  const timers = bench.clock.pending
  bench.api.takeWrites()
  for (let second = 10; second < 40; second += 10) bench.put('leases', lease(second))
  await bench.rest()
  assert.deepEqual([bench.api.takeWrites(), bench.clock.pending], [[], timers])
})

test('what a kubelet says of itself is its own to announce, and its pods stay as it reports them', async (t) => {
  const bench = controllerBench(t, nodeLifecycleController())
  bench.put('nodes', node([ready('True')]))
  bench.put('pods', {
    metadata: { name: 'p', namespace: 'ns' },
    spec: { nodeName: 'n' },
    status: { conditions: [ready('True')] },
  })
  await bench.rest()
  bench.put('nodes', node([ready('False')]))
  await bench.rest()
  assert.equal(bench.all('pods')[0]?.status.conditions?.[0]?.status, 'True')
  assert.deepEqual(
    bench.all('events').map(({ message }) => message),
    ['Node n event: Registered Node n in Controller'],
  )
})

test('when no node is left that answers, none is emptied; when one comes back, the others are, 10 s apart', async (t) => {
  const bench = controllerBench(t, nodeLifecycleController())
  const emptied = () =>
    bench
      .all('nodes')
      .filter(({ spec }) => spec.taints?.some(({ effect }) => effect === 'NoExecute'))
      .map(({ metadata }) => metadata.name)
  bench.put('nodes', node([ready('False')], {}, 'a'), node([ready('False')], {}, 'b'), node([ready('False')], {}, 'c'))
  await bench.rest()
  await bench.clock.advance(30_000)
  assert.deepEqual(emptied(), [])
  bench.put('nodes', node([ready('True')], {}, 'c'))
  await bench.clock.advance(6_000)
  assert.equal(emptied().length, 1)
  await bench.clock.advance(12_000)
  assert.deepEqual(emptied(), ['a', 'b'])
})

/** Nodes in one zone, so many ready and so many not; the last is one that is not. */
const fleet = (up: number, down: number, zones: Zones, zone = 'z') => {
  for (let index = 0; index < up + down; index++) {
    const name = `${zone}${index}`
    const labels = { 'topology.kubernetes.io/zone': zone }
    const status = { conditions: [{ type: 'Ready', status: index < up ? 'True' : 'False' } as const] }
    zones.note({ metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '', labels }, spec: {}, status })
  }
  return `${zone}${up + down - 1}`
}

const rates = [
  { title: 'one node down', up: 3, down: 1, waitMs: 10_000 },
  { title: 'two of three down are too few to judge a zone by', up: 1, down: 2, waitMs: 10_000 },
  { title: 'most of a small zone down', up: 4, down: 6, waitMs: Number.POSITIVE_INFINITY },
  { title: 'most of a large zone down', up: 20, down: 40, waitMs: 100_000 },
  { title: 'a whole zone down while another is up', up: 0, down: 10, waitMs: 10_000 },
]
for (const { title, up, down, waitMs } of rates) {
  test(`how fast a zone is emptied: ${title}`, () => {
    const zones = new Zones()
    fleet(1, 0, zones, 'other')
    const name = fleet(up, down, zones)
    zones.takeLeave(name, 0)
    assert.equal(zones.takeLeave(name, 0), waitMs)
  })
}
