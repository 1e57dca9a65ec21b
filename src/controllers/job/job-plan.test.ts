import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../../api/types/batch.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import { verdictOn } from './job-verdict.ts'
import { jobView } from './job-view.ts'
import { planPods } from './pod-plan.ts'
import { planTracking } from './tracking.ts'

const NOW = Date.parse('2026-01-01T01:00:00Z')
const ago = (seconds: number): string => new Date(NOW - seconds * 1000).toISOString()

function job(spec: object, status: object = {}): Job {
  const whole = { parallelism: 2, backoffLimit: 6, template: { spec: {} }, ...spec }
  return { metadata: { name: 'j', namespace: 'ns' }, spec: whole, status } as unknown as Job
}

interface Facts {
  index?: number
  /** Of the index, before this pod. */
  failures?: number
  exitCode?: number
  /** Seconds ago. */
  ended?: number
  condition?: string
  restarts?: number
  deleting?: true
}

let count = 0
/** A pod of the job that is held by the tracking finalizer. */
function pod(
  phase: string,
  { index, failures, exitCode = 1, ended = 0, condition, restarts, deleting }: Facts = {},
): Pod {
  const name = `p${++count}`
  const annotations = {
    ...(index !== undefined && { 'batch.kubernetes.io/job-completion-index': String(index) }),
    ...(failures !== undefined && { 'batch.kubernetes.io/job-index-failure-count': String(failures) }),
  }
  const state = phase === 'Failed' ? { terminated: { exitCode, finishedAt: ago(ended) } } : { running: {} }
  return {
    metadata: {
      name,
      namespace: 'ns',
      uid: name,
      annotations,
      creationTimestamp: ago(3600),
      finalizers: ['batch.kubernetes.io/job-tracking'],
      ...(deleting && { deletionTimestamp: ago(0) }),
    },
    spec: {},
    status: {
      phase,
      containerStatuses: [{ name: 'c', restartCount: restarts ?? 0, state }],
      ...(condition && { conditions: [{ type: condition, status: 'True' }] }),
    },
  } as unknown as Pod
}

const failed = (facts: Facts = {}): Pod => pod('Failed', facts)
const succeeded = (index?: number): Pod => pod('Succeeded', index === undefined ? {} : { index })

const indexed = (spec: object = {}): object => ({ completionMode: 'Indexed', completions: 4, parallelism: 4, ...spec })
const perIndex = (spec: object = {}): object => indexed({ backoffLimitPerIndex: 1, backoffLimit: 100, ...spec })
const rule = (action: string, onExitCodes: object): object => ({
  podFailurePolicy: { rules: [{ action, onExitCodes }] },
})
const exit42 = { operator: 'In', values: [42] }

const verdicts: { what: string; job: Job; pods: Pod[]; verdict: [string, string] | undefined }[] = [
  { what: 'goes on below its limits', job: job({}), pods: [failed()], verdict: undefined },
  {
    what: 'fails above its back-off limit',
    job: job({ backoffLimit: 1 }),
    pods: [failed(), failed()],
    verdict: ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
  },
  {
    what: 'fails when containers restarted in place reach the limit',
    job: job({ backoffLimit: 3, template: { spec: { restartPolicy: 'OnFailure' } } }),
    pods: [pod('Running', { restarts: 3 })],
    verdict: ['BackoffLimitExceeded', 'Job has reached the specified backoff limit'],
  },
  {
    what: 'fails when its time is up',
    job: job({ activeDeadlineSeconds: 60 }, { startTime: ago(60) }),
    pods: [pod('Running')],
    verdict: ['DeadlineExceeded', 'Job was active longer than specified deadline'],
  },
  {
    what: 'has no deadline while suspended',
    job: job({ activeDeadlineSeconds: 60, suspend: true }, { startTime: ago(60) }),
    pods: [],
    verdict: undefined,
  },
  {
    what: 'fails at once by a FailJob rule',
    job: job(rule('FailJob', exit42)),
    pods: [failed({ exitCode: 42 })],
    verdict: [
      'PodFailurePolicy',
      'Container c for pod ns/NAME failed with exit code 42 matching FailJob rule at index 0',
    ],
  },
  {
    what: 'fails by a rule on a pod condition',
    job: job({
      podFailurePolicy: {
        rules: [{ action: 'FailJob', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      },
    }),
    pods: [failed({ condition: 'DisruptionTarget' })],
    verdict: ['PodFailurePolicy', 'Pod ns/NAME has condition DisruptionTarget matching FailJob rule at index 0'],
  },
  {
    what: 'does not count failures that a rule ignores',
    job: job({ backoffLimit: 0, ...rule('Ignore', exit42) }),
    pods: [failed({ exitCode: 42 })],
    verdict: undefined,
  },
  {
    what: 'fails when all indexes have ended and one has failed',
    job: job(perIndex({ completions: 2 })),
    pods: [failed({ index: 0, failures: 1 }), succeeded(1)],
    verdict: ['FailedIndexes', 'Job has failed indexes'],
  },
  {
    what: 'fails when more indexes have failed than it may',
    job: job(perIndex({ maxFailedIndexes: 0 })),
    pods: [failed({ index: 0, failures: 1 })],
    verdict: ['MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes'],
  },
  {
    what: 'succeeds by the rule of its success policy that is met',
    job: job(
      indexed({ successPolicy: { rules: [{ succeededCount: 3 }, { succeededIndexes: '1-3', succeededCount: 1 }] } }),
    ),
    pods: [succeeded(0), succeeded(2), pod('Running', { index: 1 })],
    verdict: ['SuccessPolicy', 'Matched rules at index 1'],
  },
  {
    what: 'completes when as many pods have succeeded as it asks for, others still running',
    job: job({ completions: 1 }),
    pods: [succeeded(), pod('Running')],
    verdict: ['CompletionsReached', 'Reached expected number of succeeded pods'],
  },
  {
    what: 'without completions waits for those that run',
    job: job({}),
    pods: [succeeded(), pod('Running')],
    verdict: undefined,
  },
]
for (const { what, job: of, pods, verdict } of verdicts) {
  test(`a job ${what}`, () => {
    const is = verdictOn(jobView(of, pods, NOW))
    const name = pods[0]?.metadata.name ?? ''
    assert.deepEqual(
      is && [is.reason, is.message],
      verdict?.map((text) => text.replace('NAME', name)),
    )
  })
}

const plans: {
  what: string
  job: Job
  pods: Pod[]
  create: (number | undefined)[]
  remove?: number
  after?: number
}[] = [
  { what: 'makes as many as run in parallel', job: job({}), pods: [], create: [undefined, undefined] },
  {
    what: 'makes no more than are left to complete',
    job: job({ completions: 3 }, { succeeded: 2 }),
    pods: [],
    create: [undefined],
  },
  { what: 'a suspended job has no pods', job: job({ suspend: true }), pods: [pod('Running')], create: [], remove: 1 },
  { what: 'waits 10 s after a failure', job: job({}), pods: [failed({ ended: 4 })], create: [], after: 6000 },
  {
    what: 'waits twice as long after the second',
    job: job({}),
    pods: [failed({ ended: 60 }), failed({ ended: 4 })],
    create: [],
    after: 16_000,
  },
  {
    what: 'goes on when the wait is over',
    job: job({ parallelism: 1 }),
    pods: [failed({ ended: 10 })],
    create: [undefined],
  },
  {
    what: 'makes the lowest indexes that are free',
    job: job(indexed({ parallelism: 3 }), { completedIndexes: '1' }),
    pods: [pod('Running', { index: 0 })],
    create: [2, 3],
  },
  {
    what: 'removes the second pod of an index',
    job: job(indexed({ completions: 1 })),
    pods: [pod('Running', { index: 0 }), pod('Running', { index: 0 })],
    create: [],
    remove: 1,
  },
  {
    what: 'lets other indexes go on while one waits',
    job: job(perIndex({ completions: 2, parallelism: 2 })),
    pods: [failed({ index: 0, failures: 0, ended: 4 })],
    create: [1],
    after: 6000,
  },
  {
    what: 'leaves indexes that have failed alone',
    job: job(perIndex({ completions: 2, parallelism: 2 })),
    pods: [failed({ index: 0, failures: 1, ended: 100 })],
    create: [1],
  },
  {
    what: 'counts a pod that is being deleted as a failure, and waits',
    job: job({ parallelism: 1, backoffLimit: 6 }, {}),
    pods: [pod('Running', { deleting: true })],
    create: [],
    after: 10_000,
  },
  {
    what: 'with podReplacementPolicy Failed waits until it has ended',
    job: job({ parallelism: 1, podReplacementPolicy: 'Failed' }),
    pods: [pod('Running', { deleting: true })],
    create: [],
  },
]
for (const { what, job: of, pods, create, remove = 0, after } of plans) {
  test(`the plan: ${what}`, () => {
    const plan = planPods(jobView(of, pods, NOW))
    assert.deepEqual(
      [plan.create.map((identity) => identity?.index), plan.remove.length, plan.after],
      [create, remove, after],
    )
  })
}

test('a failed pod that its index learns from is held, and others are noted and let go', () => {
  const first = failed({ index: 0, failures: 0 })
  const pods = [first, succeeded(1), failed({ index: 2, failures: 1 })]
  const { noted, release, completedIndexes, failedIndexes } = planTracking(
    jobView(job(perIndex()), pods, NOW),
    undefined,
  )
  assert.deepEqual(
    [release.includes(first), release.length, noted.succeeded, noted.failed, completedIndexes, failedIndexes],
    [false, 2, [], [pods[2]?.metadata.uid], '1', '2'],
  )
})
