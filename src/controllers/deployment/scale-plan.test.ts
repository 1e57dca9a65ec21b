import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, ReplicaSet } from '../../api/types/apps.v1.ts'
import { sameTemplate, templateHash } from '../template-hash.ts'
import { deploymentStatus } from './deployment-status.ts'
import { Annotation, boundsOf } from './replica-sets.ts'
import { currentSize, proportionalScaling, recreateStep, rollingStep, wasScaled } from './scale-plan.ts'

const meta = (name: string, age = 0) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  generation: 1,
  creationTimestamp: `2026-01-01T00:00:0${9 - age}Z`,
})

const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'app:1' }] } }

function deployment(replicas: number, maxSurge: number | string = 1, maxUnavailable: number | string = 0): Deployment {
  const strategy = { type: 'RollingUpdate' as const, rollingUpdate: { maxSurge, maxUnavailable } }
  const spec = { replicas, strategy, template, selector: { matchLabels: { app: 'web' } }, progressDeadlineSeconds: 600 }
  return { metadata: meta('web'), spec, status: {} }
}

/** A set of a size, of which so many pods are available; sized for a Deployment of `desired`. */
function set(name: string, replicas: number, available = replicas, { age = 0, desired = 0, max = 0 } = {}): ReplicaSet {
  const annotations = { [Annotation.DesiredReplicas]: String(desired), [Annotation.MaxReplicas]: String(max) }
  const status = { replicas, availableReplicas: available, readyReplicas: available }
  return { metadata: { ...meta(name, age), annotations }, spec: { replicas, selector: {}, template }, status }
}

const sizes = (scalings: readonly { set: { metadata: { name: string } }; to: number }[]): Record<string, number> =>
  Object.fromEntries(scalings.map((scaling) => [scaling.set.metadata.name, scaling.to]))

const rolling: {
  what: string
  deployment: Deployment
  current: ReplicaSet
  old: ReplicaSet[]
  want: Record<string, number>
}[] = [
  {
    what: 'the new set grows into the surge',
    deployment: deployment(3),
    current: set('new', 0),
    old: [set('old', 3)],
    want: { new: 1 },
  },
  {
    what: 'nothing shrinks before a new pod is available',
    deployment: deployment(3),
    current: set('new', 1, 0),
    old: [set('old', 3)],
    want: {},
  },
  {
    what: 'an available new pod frees an old one',
    deployment: deployment(3),
    current: set('new', 1),
    old: [set('old', 3)],
    want: { old: 2 },
  },
  {
    what: 'maxUnavailable lets old ones go first',
    deployment: deployment(4, 0, 2),
    current: set('new', 0),
    old: [set('old', 4)],
    want: { old: 2 },
  },
  {
    what: 'old pods that are not available go before those that are',
    deployment: deployment(3, 1, 1),
    current: set('new', 1, 1),
    old: [set('older', 2, 0, { age: 2 }), set('old', 1, 1, { age: 1 })],
    want: { older: 0 },
  },
  {
    what: 'a new set that is too large shrinks',
    deployment: deployment(2),
    current: set('new', 5),
    old: [],
    want: { new: 2 },
  },
  { what: 'the end: nothing to do', deployment: deployment(3), current: set('new', 3), old: [set('old', 0)], want: {} },
]

for (const { what, deployment: subject, current, old, want } of rolling) {
  test(`rolling update: ${what}`, () => assert.deepEqual(sizes(rollingStep(subject, { current, old })), want))
}

test('rolling update: from any state it ends with only the new set, within its bounds at every step', () => {
  for (const [surge, unavailable] of [
    [1, 0],
    [0, 1],
    ['25%', '25%'],
    ['100%', 0],
  ] as const) {
    const subject = deployment(7, surge, unavailable)
    const { maxSurge, maxUnavailable } = boundsOf(subject)
    let [current, old] = [set('new', 0), set('old', 7)]
    for (let step = 0; step < 50; step++) {
      const next = sizes(rollingStep(subject, { current, old: [old] }))
      if (Object.keys(next).length === 0) break
      ;[current, old] = [
        set('new', next.new ?? current.spec.replicas ?? 0),
        set('old', next.old ?? old.spec.replicas ?? 0),
      ]
      const total = (current.spec.replicas ?? 0) + (old.spec.replicas ?? 0)
      assert.ok(total <= 7 + maxSurge && total >= 7 - maxUnavailable, `${total} pods`)
    }
    assert.deepEqual([current.spec.replicas, old.spec.replicas], [7, 0])
  }
})

test('bounds: percentages round up for surge and down for unavailability, and are never both nothing', () => {
  assert.deepEqual(boundsOf(deployment(10, '25%', '25%')), { maxSurge: 3, maxUnavailable: 2 })
  assert.deepEqual(boundsOf(deployment(1, '0%', '25%')), { maxSurge: 0, maxUnavailable: 1 })
})

test('recreate: old sets go to nothing at once', () => {
  assert.deepEqual(sizes(recreateStep({ current: undefined, old: [set('a', 2), set('b', 0)] })), { a: 0 })
})

test('a first set has the whole size, a set beside old ones what the surge leaves', () => {
  assert.equal(currentSize(deployment(3), { current: undefined, old: [] }), 3)
  assert.equal(currentSize(deployment(3), { current: undefined, old: [set('old', 3)] }), 1)
})

test('scaling in the middle of a rollout is shared in proportion', () => {
  const generations = {
    current: set('new', 5, 5, { desired: 10, max: 10 }),
    old: [set('old', 5, 5, { age: 1, desired: 10, max: 10 })],
  }
  const subject = deployment(20, 0, 1)
  assert.ok(wasScaled(subject, generations))
  assert.deepEqual(sizes(proportionalScaling(subject, generations)), { new: 10, old: 10 })
})

const paused: { what: string; current?: ReplicaSet; old: ReplicaSet[]; want: Record<string, number> }[] = [
  { what: 'nothing was made yet', old: [], want: {} },
  { what: 'the only active set follows', current: set('new', 2), old: [set('old', 0)], want: { new: 3 } },
  {
    what: 'without an active one the newest old set',
    old: [set('older', 0, 0, { age: 2 }), set('old', 0)],
    want: { old: 3 },
  },
]
for (const { what, current, old, want } of paused) {
  test(`scaling while paused: ${what}`, () =>
    assert.deepEqual(sizes(proportionalScaling(deployment(3), { current, old })), want))
}

test('template hash: equal templates share it whatever the order of keys, and a collision gives another', () => {
  const other = { spec: { containers: [{ image: 'app:1', name: 'c' }] }, metadata: { labels: { app: 'web' } } }
  assert.equal(templateHash(template), templateHash(other))
  assert.notEqual(templateHash(template), templateHash(template, 1))
  assert.match(templateHash(template), /^[bcdfghjklmnpqrstvwxz2456789]+$/)
  assert.ok(sameTemplate(template, { ...template, metadata: { labels: { app: 'web', 'pod-template-hash': 'x' } } }))
})

const conditionText = (status: Deployment['status']) =>
  status.conditions?.map(({ type, status: is, reason }) => `${type}=${is} ${reason}`)

test('status: a rollout is told from its beginning to its end, and when it stands still', () => {
  const now = Date.UTC(2026, 0, 1)
  const subject = deployment(2)
  const begun = deploymentStatus(
    subject,
    { current: set('new', 0), old: [] },
    { now, news: { kind: 'created', set: 'new' } },
  )
  assert.deepEqual(conditionText(begun), [
    'Available=False MinimumReplicasUnavailable',
    'Progressing=True NewReplicaSetCreated',
  ])

  const growing = deploymentStatus({ ...subject, status: begun }, { current: set('new', 2, 1), old: [] }, { now })
  assert.deepEqual(conditionText(growing), [
    'Available=False MinimumReplicasUnavailable',
    'Progressing=True ReplicaSetUpdated',
  ])

  const stuck = deploymentStatus(
    { ...subject, status: growing },
    { current: set('new', 2, 1), old: [] },
    { now: now + 601_000 },
  )
  assert.deepEqual(conditionText(stuck), [
    'Available=False MinimumReplicasUnavailable',
    'Progressing=False ProgressDeadlineExceeded',
  ])

  const done = deploymentStatus(
    { ...subject, status: growing },
    { current: set('new', 2), old: [] },
    { now: now + 1000 },
  )
  assert.deepEqual(conditionText(done), [
    'Available=True MinimumReplicasAvailable',
    'Progressing=True NewReplicaSetAvailable',
  ])
})
