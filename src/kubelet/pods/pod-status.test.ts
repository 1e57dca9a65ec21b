import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attemptOf, containerOf, podOf, runtimePodOf } from '../../testing/kubelet-builders.ts'
import type { StatusFacts } from './container-statuses.ts'
import type { PodStatusInput } from './pod-status.ts'
import { podStatus } from './pod-status.ts'
import { statusPatch } from './status-manager.ts'

const facts: StatusFacts = {
  failure: () => undefined,
  message: () => '',
  isStarted: () => true,
  isReady: () => true,
}
const main = containerOf('main')
const NOW = Date.parse('2026-01-01T00:00:10Z')
const exited = { state: 'exited', exitCode: 1, reason: 'Error', startedAt: 1000, finishedAt: 2000 } as const

function statusOf(part: Partial<PodStatusInput> = {}) {
  const pod = podOf()
  const base = { pod, previous: {}, actual: runtimePodOf([attemptOf(main)]), facts, hostIPs: ['1.1.1.1'], now: NOW }
  return podStatus({ ...base, terminating: false, failure: undefined, ...part })
}

const readyOf = (part: Partial<PodStatusInput>) => statusOf(part).conditions?.find(({ type }) => type === 'Ready')

test('a running pod is Running and Ready, with its addresses', () => {
  const { phase, conditions, podIPs, hostIP } = statusOf()
  assert.deepEqual({ phase, podIPs, hostIP }, { phase: 'Running', podIPs: [{ ip: '10.1.0.2' }], hostIP: '1.1.1.1' })
  assert.deepEqual(
    conditions?.map(({ type, status }) => `${type}=${status}`),
    ['PodReadyToStartContainers=True', 'Initialized=True', 'Ready=True', 'ContainersReady=True', 'PodScheduled=True'],
  )
})

test('before anything runs the containers are being created', () => {
  const status = statusOf({ actual: runtimePodOf([], { sandboxes: [] }) })
  assert.equal(status.phase, 'Pending')
  assert.deepEqual(status.containerStatuses?.[0]?.state, { waiting: { reason: 'ContainerCreating' } })
  assert.equal(status.conditions?.[2]?.message, 'containers with unready status: [main]')
})

test('with init containers left to run the others are PodInitializing', () => {
  const init = containerOf('init')
  const pod = podOf({ initContainers: [init] })
  const status = statusOf({ pod, actual: runtimePodOf([attemptOf(init)]) })
  assert.equal(status.phase, 'Pending')
  assert.deepEqual(status.containerStatuses?.[0]?.state, { waiting: { reason: 'PodInitializing' } })
  assert.equal(status.conditions?.[1]?.message, 'containers with incomplete status: [init]')
})

test('a crash loop shows why it waits and how the container ended', () => {
  const failure = { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container=main pod=x' }
  const status = statusOf({
    actual: runtimePodOf([attemptOf(main, { ...exited, restartCount: 2 })]),
    facts: { ...facts, failure: () => failure, message: () => 'oh no' },
  })
  const [container] = status.containerStatuses ?? []
  assert.equal(status.phase, 'Running')
  assert.deepEqual(container?.state, { waiting: failure })
  assert.deepEqual(container?.lastState?.terminated, {
    exitCode: 1,
    reason: 'Error',
    message: 'oh no',
    startedAt: '1970-01-01T00:00:01Z',
    finishedAt: '1970-01-01T00:00:02Z',
    containerID: 'containerd://main-1',
  })
  assert.deepEqual([container?.restartCount, container?.ready, container?.started], [2, false, false])
})

const phases = [
  { what: 'Never, exit 0', policy: 'Never', exitCode: 0, want: 'Succeeded' },
  { what: 'Never, exit 1', policy: 'Never', exitCode: 1, want: 'Failed' },
  { what: 'OnFailure, exit 0', policy: 'OnFailure', exitCode: 0, want: 'Succeeded' },
  { what: 'OnFailure, exit 1', policy: 'OnFailure', exitCode: 1, want: 'Running' },
  { what: 'Always, exit 0', policy: 'Always', exitCode: 0, want: 'Running' },
  { what: 'Always, exit 0, stopped for good', policy: 'Always', exitCode: 0, terminating: true, want: 'Succeeded' },
  { what: 'Always, exit 1, stopped for good', policy: 'Always', exitCode: 1, terminating: true, want: 'Failed' },
] as const

for (const { what, policy, exitCode, want, ...rest } of phases) {
  test(`the phase of a pod whose container ended: ${what}`, () => {
    const pod = podOf({ restartPolicy: policy })
    const actual = runtimePodOf([attemptOf(main, { ...exited, exitCode })])
    assert.equal(statusOf({ pod, actual, ...rest }).phase, want)
  })
}

test('a pod that the kubelet ends is Failed and says why', () => {
  const { phase, reason, message } = statusOf({ failure: { reason: 'Evicted', message: 'The node was low' } })
  assert.deepEqual({ phase, reason, message }, { phase: 'Failed', reason: 'Evicted', message: 'The node was low' })
})

test('a terminal phase is never left', () => {
  assert.equal(statusOf({ previous: { phase: 'Failed' } }).phase, 'Failed')
})

test('readiness gates hold readiness back', () => {
  const pod = podOf({ readinessGates: [{ conditionType: 'example.com/ok' as 'Ready' }] })
  assert.deepEqual(
    [readyOf({ pod })?.status, readyOf({ pod })?.reason, readyOf({ pod })?.message],
    [
      'False',
      'ReadinessGatesNotReady',
      'corresponding condition of pod readiness gate "example.com/ok" does not exist.',
    ],
  )
})

test('a condition keeps its time while its status stays', () => {
  const first = statusOf()
  const pod = { ...podOf(), status: first }
  const later = statusOf({ pod, previous: first, now: NOW + 60_000 })
  assert.equal(later.conditions?.[2]?.lastTransitionTime, '2026-01-01T00:00:10Z')
})

test('an equal status needs no patch, whatever the order of fields', () => {
  const status = statusOf()
  assert.equal(statusPatch(JSON.parse(JSON.stringify(status)), status), undefined)
})

test('a patch holds what changed, takes away texts and addresses that are gone, and leaves the rest', () => {
  const from = statusOf({ actual: runtimePodOf([], { sandboxes: [] }) })
  const to = statusOf({ previous: from, now: NOW + 1000 })
  const patch = statusPatch({ ...from, podIPs: [{ ip: '10.1.0.1' }] }, to)
  assert.deepEqual(patch?.podIPs, [{ ip: '10.1.0.2' }, { ip: '10.1.0.1', $patch: 'delete' }])
  assert.equal(patch?.phase, 'Running')
  assert.equal('startTime' in (patch ?? {}), false)
  const ready = (patch?.conditions as { type: string; message: unknown }[] | undefined)?.find(
    ({ type }) => type === 'Ready',
  )
  assert.equal(ready?.message, null)
})
