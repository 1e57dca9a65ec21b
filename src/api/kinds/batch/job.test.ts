import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '../../types/batch.v1.ts'
import { jobs } from './job.ts'

const { rules } = jobs

function job(spec: Partial<Job['spec']> = {}, labels?: Record<string, string>): Job {
  const template = { metadata: labels ? { labels } : {}, spec: { containers: [], restartPolicy: 'Never' as const } }
  return {
    metadata: {
      name: 'pi',
      namespace: 'a',
      uid: 'u1',
      resourceVersion: '1',
      creationTimestamp: '2024-01-01T00:00:00Z',
    },
    spec: { template, ...spec },
    status: {},
  }
}

function created(object: Job): Job {
  rules.default?.(object)
  rules.prepareCreate?.(object)
  return object
}

test('a new job selects its pods by its uid and shows the labels of its template', () => {
  const { metadata, spec } = created(job())
  const labels = {
    'job-name': 'pi',
    'batch.kubernetes.io/job-name': 'pi',
    'controller-uid': 'u1',
    'batch.kubernetes.io/controller-uid': 'u1',
  }
  assert.deepEqual(spec.selector, { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u1' } })
  assert.deepEqual(spec.template.metadata?.labels, labels)
  assert.deepEqual(metadata.labels, labels)
})

test('labels of the template become those of a job without any, the generated ones included', () => {
  const { metadata, spec } = created(job({}, { app: 'pi' }))
  assert.equal(metadata.labels?.app, 'pi')
  assert.deepEqual(metadata.labels, spec.template.metadata?.labels)
})

test('a manual selector is left alone', () => {
  const selector = { matchLabels: { app: 'pi' } }
  const { spec } = created(job({ manualSelector: true, selector }, { app: 'pi' }))
  assert.deepEqual(spec.selector, selector)
  assert.deepEqual(spec.template.metadata?.labels, { app: 'pi' })
})

const limits: { given: Partial<Job['spec']>; backoffLimit: number; completions: number | undefined }[] = [
  { given: {}, backoffLimit: 6, completions: 1 },
  { given: { parallelism: 3 }, backoffLimit: 6, completions: undefined },
  { given: { completions: 4, backoffLimitPerIndex: 1 }, backoffLimit: 2 ** 31 - 1, completions: 4 },
]
for (const { given, backoffLimit, completions } of limits) {
  test(`defaults of ${JSON.stringify(given)}`, () => {
    const { spec } = created(job(given))
    assert.deepEqual([spec.backoffLimit, spec.completions], [backoffLimit, completions])
  })
}

test('an indexed job may be resized with its parallelism, others not at all', () => {
  const changes = (mode: 'Indexed' | 'NonIndexed', completions: number, parallelism: number) => {
    const old = job({ completionMode: mode, completions: 2, parallelism: 2 })
    const changed = job({ completionMode: mode, completions, parallelism })
    return rules.validateUpdate?.(changed, { old, subresource: '' }).map(({ message }) => message)
  }
  assert.deepEqual(changes('Indexed', 3, 3), [])
  assert.deepEqual(changes('Indexed', 3, 2), ['Invalid value: 3: can only be modified in tandem with spec.parallelism'])
  assert.deepEqual(changes('NonIndexed', 3, 3), ['Invalid value: 3: field is immutable'])
})

test('a finished job stays finished', () => {
  const condition = { type: 'Complete', status: 'True' as const }
  const [startTime, completionTime] = ['2024-01-01T00:00:00Z', '2024-01-01T00:01:00Z']
  const old = { ...job(), status: { conditions: [condition], startTime, completionTime } }
  const errors = rules.validateUpdate?.({ ...job(), status: {} }, { old, subresource: 'status' }) ?? []
  assert.deepEqual(
    errors.map(({ field, message }) => `${field}: ${message}`),
    [
      'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
      'status.startTime: Required value: startTime cannot be removed for unsuspended job',
    ],
  )
})

test('success is announced before it is final', () => {
  const condition = { type: 'Complete', status: 'True' as const }
  const status = { conditions: [condition], startTime: '2024-01-01T00:00:00Z', completionTime: '2024-01-01T00:01:00Z' }
  const errors = rules.validateUpdate?.({ ...job(), status }, { old: job(), subresource: 'status' }) ?? []
  assert.deepEqual(
    errors.map(({ message }) => message),
    ['Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition'],
  )
})

const cells = (object: Job, now = 0) =>
  Object.fromEntries((rules.columns ?? []).map(({ header, cell }) => [header, cell(object, now)]))

test('the table tells how far a job is', () => {
  const running = { ...job({ completions: 3 }), status: { succeeded: 1, startTime: '2024-01-01T00:00:00Z' } }
  const { Status, Completions, Duration } = cells(running, Date.parse('2024-01-01T00:02:30Z'))
  assert.deepEqual({ Status, Completions, Duration }, { Status: 'Running', Completions: '1/3', Duration: '2m30s' })
  assert.equal(cells(job({ parallelism: 2 })).Completions, '0/1 of 2')
})
