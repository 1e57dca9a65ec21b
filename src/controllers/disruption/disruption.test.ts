import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControllerBench } from '../../testing/controller-bench.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { disruptionController } from './disruption.ts'

const budget = (spec: object, status: object = {}) => ({
  metadata: { name: 'b', namespace: 'ns' },
  spec: { selector: { matchLabels: { app: 'w' } }, ...spec },
  status,
})
const owned = (kind: string, apiVersion: string) => ({
  ownerReferences: [{ kind, apiVersion, name: 'o', uid: 'uid-o', controller: true }],
})
const pod = (name: string, ready: 'True' | 'False' = 'True', metadata: object = owned('ReplicaSet', 'apps/v1')) => ({
  metadata: { name, namespace: 'ns', labels: { app: 'w' }, ...metadata },
  spec: {},
  status: { conditions: [{ type: 'Ready', status: ready }] },
})
const set = (replicas: number) => ({ metadata: { name: 'o', namespace: 'ns', uid: 'uid-o' }, spec: { replicas } })

/** Allowed, healthy, desired, expected, reason. */
const summary = (bench: ControllerBench) => {
  const { status } = bench.all('podDisruptionBudgets')[0] ?? {}
  const { disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, conditions } = status ?? {}
  return [disruptionsAllowed, currentHealthy, desiredHealthy, expectedPods, conditions?.[0]?.reason]
}

const cases = [
  { title: 'a whole minimum', spec: { minAvailable: 2 }, want: [1, 3, 2, 4, 'SufficientPods'] },
  { title: 'a minimum that is not met', spec: { minAvailable: 4 }, want: [0, 3, 4, 4, 'InsufficientPods'] },
  {
    title: 'a part, rounded up, of what is asked for',
    spec: { minAvailable: '30%' },
    want: [1, 3, 2, 5, 'SufficientPods'],
  },
  { title: 'a whole maximum', spec: { maxUnavailable: 3 }, want: [1, 3, 2, 5, 'SufficientPods'] },
  { title: 'a maximum as a part', spec: { maxUnavailable: '21%' }, want: [0, 3, 3, 5, 'InsufficientPods'] },
]
for (const { title, spec, want } of cases) {
  test(`a budget tells how many pods may go: ${title}`, async (t) => {
    const bench = controllerBench(t, disruptionController)
    bench.put('replicaSets', set(5))
    bench.put('pods', pod('a'), pod('b'), pod('c'), pod('d', 'False'))
    bench.put('podDisruptionBudgets', budget(spec))
    await bench.rest()
    assert.deepEqual(summary(bench), want)
  })
}

test('the budget follows its pods; what says the same is not written', async (t) => {
  const bench = controllerBench(t, disruptionController)
  bench.put('podDisruptionBudgets', budget({ minAvailable: 1 }))
  bench.put('pods', pod('a'), pod('b'))
  await bench.rest()
  assert.deepEqual(summary(bench), [1, 2, 1, 2, 'SufficientPods'])
  bench.put('pods', pod('b', 'False'))
  await bench.rest()
  assert.deepEqual(summary(bench), [0, 1, 1, 2, 'InsufficientPods'])
  bench.api.takeWrites()
  bench.put('pods', pod('b', 'False', { labels: { app: 'w', more: 'x' } }))
  await bench.rest()
  assert.deepEqual(bench.api.takeWrites(), [])
})

test('an evicted pod counts as gone for two minutes', async (t) => {
  const bench = controllerBench(t, disruptionController)
  bench.put('pods', pod('a'), pod('b'))
  bench.put('podDisruptionBudgets', budget({ minAvailable: 1 }, { disruptedPods: { a: '2026-01-01T00:00:00Z' } }))
  await bench.rest()
  assert.equal(summary(bench)[0], 0)
  await bench.clock.advance(121_000)
  assert.equal(summary(bench)[0], 1)
  assert.equal(bench.all('podDisruptionBudgets')[0]?.status?.disruptedPods, undefined)
  assert.deepEqual(
    bench.all('events').map(({ message }) => message),
    ["Pod was expected by PDB ns/b to be deleted but it wasn't"],
  )
})

test('where a size cannot be found nothing may go', async (t) => {
  const bench = controllerBench(t, disruptionController)
  bench.put('pods', pod('a', 'True', owned('Job', 'batch/v1')))
  bench.put('podDisruptionBudgets', budget({ maxUnavailable: 1 }))
  await bench.rest()
  const [condition] = bench.all('podDisruptionBudgets')[0]?.status?.conditions ?? []
  assert.deepEqual(
    [condition?.status, condition?.reason, condition?.message],
    ['False', 'SyncFailed', 'jobs.batch does not implement the scale subresource'],
  )
})
