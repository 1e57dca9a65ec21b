import assert from 'node:assert/strict'
import test from 'node:test'
import type { Pod } from '../../api/types/core.v1.ts'
import type { PodDisruptionBudget } from '../../api/types/policy.v1.ts'
import { startTestApi, type TestApi } from '../../testing/api-server.ts'
import { FakeClock } from '../../testing/fake-clock.ts'

const POD = { namespace: 'a', name: 'p' }
const BUDGET = { namespace: 'a', name: 'b' }
const READY = [{ type: 'Ready', status: 'True' }]
const UNREADY = [{ type: 'Ready', status: 'False' }]

const clock = new FakeClock(Date.parse('2026-01-01T00:00:00Z'))

/** A running pod with the label app=x. */
async function runPod(api: TestApi, status: object = { phase: 'Running', conditions: READY }): Promise<void> {
  const { pods } = api.client()
  const spec = { containers: [{ name: 'c', image: 'i' }], nodeName: 'n' }
  const pod = { metadata: { ...POD, labels: { app: 'x' } }, spec }
  const created = await pods.create(pod as Parameters<typeof pods.create>[0])
  await pods.updateStatus({ ...created, status: { ...created.status, ...status } } as Pod)
}

async function guard(
  api: TestApi,
  status: Partial<PodDisruptionBudget['status'] & object>,
  more: { spec?: object; name?: string } = {},
): Promise<void> {
  const { podDisruptionBudgets } = api.client()
  const spec = { maxUnavailable: 1, selector: { matchLabels: { app: 'x' } }, ...more.spec }
  const budget = { metadata: { ...BUDGET, name: more.name ?? BUDGET.name }, spec }
  const created = await podDisruptionBudgets.create(budget as Parameters<typeof podDisruptionBudgets.create>[0])
  const counts = { currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, disruptionsAllowed: 0, observedGeneration: 1 }
  await podDisruptionBudgets.updateStatus({ ...created, status: { ...counts, ...status } } as PodDisruptionBudget)
}

const evict = (api: TestApi, more: object = {}) =>
  api.client().pods.createSubresource<object, { status: string; code: number; message?: string }>(POD, 'eviction', {
    metadata: POD,
    ...more,
  })

const VIOLATED = "Cannot evict pod as it would violate the pod's disruption budget."

const refused = (message: string, retryAfterSeconds?: number) => ({
  code: 429,
  reason: 'TooManyRequests',
  message: VIOLATED,
  details: {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  },
})

test('a pod without a budget is evicted and told so', async () => {
  await using api = await startTestApi({ clock })
  await runPod(api)
  assert.equal((await evict(api)).status, 'Success')
  const { metadata, status } = await api.client().pods.get(POD)
  assert.ok(metadata.deletionTimestamp)
  assert.deepEqual(
    status?.conditions?.find(({ type }) => type === 'DisruptionTarget'),
    {
      type: 'DisruptionTarget',
      observedGeneration: 1,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: '2026-01-01T00:00:00Z',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    },
  )
})

test('an eviction takes one disruption from the budget and notes the pod', async () => {
  await using api = await startTestApi({ clock })
  await runPod(api)
  await guard(api, { disruptionsAllowed: 1 })
  await evict(api)
  const { status } = await api.client().podDisruptionBudgets.get(BUDGET)
  assert.equal(status?.disruptionsAllowed, 0)
  assert.deepEqual(status?.disruptedPods, { p: '2026-01-01T00:00:00Z' })
  const conditions = status?.conditions?.map(({ type, status: value, reason }) => [type, value, reason])
  assert.deepEqual(conditions, [['DisruptionAllowed', 'False', 'InsufficientPods']])
})

test('a dry run asks the budget and writes nothing', async () => {
  await using api = await startTestApi({ clock })
  await runPod(api)
  await guard(api, { disruptionsAllowed: 1 })
  await evict(api, { deleteOptions: { dryRun: ['All'] } })
  const { status } = await api.client().podDisruptionBudgets.get(BUDGET)
  assert.deepEqual([status?.disruptionsAllowed, status?.disruptedPods], [1, undefined])
  assert.equal((await api.client().pods.get(POD)).metadata.deletionTimestamp, undefined)
})

const refusals: [what: string, status: object, refusal: object][] = [
  ['none is left', {}, refused('The disruption budget b needs 1 healthy pods and has 1 currently')],
  [
    'it failed to sync',
    {
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'False',
          reason: 'SyncFailed',
          message: 'oops',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
    refused('The disruption budget b does not allow evicting pods currently because it failed sync: oops'),
  ],
  [
    'its numbers are older than its spec',
    { observedGeneration: 0, disruptionsAllowed: 1 },
    refused('The disruption budget b is still being processed by the server.', 10),
  ],
]

for (const [what, status, refusal] of refusals) {
  test(`a budget refuses when ${what}`, async () => {
    await using api = await startTestApi({ clock })
    await runPod(api)
    await guard(api, status)
    await assert.rejects(evict(api), refusal)
  })
}

test('two budgets over one pod are an error', async () => {
  await using api = await startTestApi({ clock })
  await runPod(api)
  await guard(api, { disruptionsAllowed: 1 })
  await guard(api, { disruptionsAllowed: 1 }, { name: 'c' })
  await assert.rejects(evict(api), { code: 500, message: /^This pod has more than one PodDisruptionBudget/ })
})

const unready: [what: string, status: object, spec: object, allowed: boolean][] = [
  ['while enough others are healthy', { currentHealthy: 2, desiredHealthy: 2 }, {}, true],
  ['not while others are missing', { currentHealthy: 1, desiredHealthy: 2 }, {}, false],
  [
    'always if the budget says so',
    { currentHealthy: 0, desiredHealthy: 2 },
    { unhealthyPodEvictionPolicy: 'AlwaysAllow' },
    true,
  ],
]

for (const [what, status, spec, allowed] of unready) {
  test(`a pod that is not ready may go, ${what}`, async () => {
    await using api = await startTestApi({ clock })
    await runPod(api, { phase: 'Running', conditions: UNREADY })
    await guard(api, status, { spec })
    if (allowed) assert.equal((await evict(api)).status, 'Success')
    else await assert.rejects(evict(api), { code: 429 })
  })
}

for (const phase of ['Pending', 'Succeeded', 'Failed']) {
  test(`a pod that is ${phase} is deleted whatever its budget says`, async () => {
    await using api = await startTestApi({ clock })
    await runPod(api, { phase })
    await guard(api, {})
    assert.equal((await evict(api)).status, 'Success')
  })
}

test('an eviction of policy/v1beta1 is taken too', async () => {
  await using api = await startTestApi({ clock })
  await runPod(api)
  assert.equal((await evict(api, { kind: 'Eviction', apiVersion: 'policy/v1beta1' })).status, 'Success')
})
