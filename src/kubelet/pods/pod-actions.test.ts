import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attemptOf, containerOf, podOf, runtimePodOf } from '../../testing/kubelet-builders.ts'
import type { PodView } from './pod.ts'
import type { PodActions, ProbeResults, ProbeVerdict } from './pod-actions.ts'
import { planPod, terminationOrder } from './pod-actions.ts'
import type { RuntimePod } from './runtime-pod.ts'

const main = containerOf('main')
const init = containerOf('init')
const side = containerOf('side', { restartPolicy: 'Always' })
const exited = (exitCode: number) => ({ state: 'exited', exitCode, finishedAt: 2000 }) as const

function probes(results: Readonly<Record<string, ProbeVerdict>> = {}): ProbeResults {
  return { liveness: (id) => results[`${id}/liveness`], startup: (id) => results[`${id}/startup`] }
}

/** A plan in short: what is killed (`-name`) and started (`+name`), with the sandbox and the whole pod in capitals. */
function summary(actions: PodActions): string {
  return [
    ...(actions.killPod ? ['-POD'] : []),
    ...(actions.createSandbox ? [`+SANDBOX ${actions.attempt}`] : []),
    ...actions.kill.map(({ container }) => `-${container.name}`),
    ...[...actions.startInit, ...actions.start].map(({ name }) => `+${name}`),
  ].join(' ')
}

interface Case {
  readonly what: string
  readonly pod: PodView
  readonly actual: RuntimePod
  readonly probes?: ProbeResults
  readonly want: string
}

const nothing = runtimePodOf([], { sandboxes: [] })
const deadSandbox = { id: 's1', ready: false, createdAt: 900, attempt: 2, ips: [], hostNetwork: false }
const withInit = podOf({ initContainers: [init] })
const withSide = podOf({ initContainers: [side] })

const cases: readonly Case[] = [
  { what: 'a new pod gets a sandbox and its containers', pod: podOf(), actual: nothing, want: '-POD +SANDBOX 0 +main' },
  {
    what: 'with init containers only the first is started',
    pod: withInit,
    actual: nothing,
    want: '-POD +SANDBOX 0 +init',
  },
  { what: 'a running pod is left alone', pod: podOf(), actual: runtimePodOf([attemptOf(main)]), want: '' },
  {
    what: 'a dead sandbox is replaced, with everything in it',
    pod: podOf(),
    actual: runtimePodOf([attemptOf(main, exited(0))], { sandboxes: [deadSandbox] }),
    want: '-POD +SANDBOX 3 +main',
  },
  {
    what: 'a pod that never restarts gets no second sandbox',
    pod: podOf({ restartPolicy: 'Never' }),
    actual: runtimePodOf([attemptOf(main, exited(0))], { sandboxes: [deadSandbox] }),
    want: '-POD',
  },
  {
    what: 'a sandbox that lost its address is replaced',
    pod: podOf(),
    actual: runtimePodOf([], { sandboxes: [{ ...deadSandbox, ready: true }] }),
    want: '-POD +SANDBOX 3 +main',
  },
  {
    what: 'a container that ended is started again',
    pod: podOf(),
    actual: runtimePodOf([attemptOf(main, exited(0))]),
    want: '+main',
  },
  {
    what: 'OnFailure: success ends the pod',
    pod: podOf({ restartPolicy: 'OnFailure' }),
    actual: runtimePodOf([attemptOf(main, exited(0))]),
    want: '-POD',
  },
  {
    what: 'OnFailure: failure starts the container again',
    pod: podOf({ restartPolicy: 'OnFailure' }),
    actual: runtimePodOf([attemptOf(main, exited(1))]),
    want: '+main',
  },
  {
    what: 'Never: failure ends the pod',
    pod: podOf({ restartPolicy: 'Never' }),
    actual: runtimePodOf([attemptOf(main, exited(1))]),
    want: '-POD',
  },
  {
    what: 'another image replaces the container',
    pod: podOf({ containers: [containerOf('main', { image: 'app:2' })] }),
    actual: runtimePodOf([attemptOf(main)]),
    want: '-main +main',
  },
  {
    what: 'a failed liveness probe restarts the container',
    pod: podOf(),
    actual: runtimePodOf([attemptOf(main)]),
    probes: probes({ 'main-1/liveness': 'failure' }),
    want: '-main +main',
  },
  {
    what: 'Never: a failed liveness probe ends the pod',
    pod: podOf({ restartPolicy: 'Never' }),
    actual: runtimePodOf([attemptOf(main)]),
    probes: probes({ 'main-1/liveness': 'failure' }),
    want: '-POD -main',
  },
  {
    what: 'a running init container is waited for',
    pod: withInit,
    actual: runtimePodOf([attemptOf(init)]),
    want: '',
  },
  {
    what: 'after the last init container the others start',
    pod: withInit,
    actual: runtimePodOf([attemptOf(init, exited(0))]),
    want: '+main',
  },
  {
    what: 'a failed init container is tried again',
    pod: withInit,
    actual: runtimePodOf([attemptOf(init, exited(1))]),
    want: '+init',
  },
  {
    what: 'Never: a failed init container fails the pod',
    pod: podOf({ restartPolicy: 'Never', initContainers: [init] }),
    actual: runtimePodOf([attemptOf(init, exited(1))]),
    want: '-POD',
  },
  {
    what: 'a running sidecar lets the others start',
    pod: withSide,
    actual: runtimePodOf([attemptOf(side)]),
    want: '+main',
  },
  {
    what: 'a sidecar that has not started up holds the others back',
    pod: podOf({ initContainers: [{ ...side, startupProbe: {} }] }),
    actual: runtimePodOf([attemptOf(side)]),
    want: '',
  },
  {
    what: 'a sidecar that ended is started again beside the running pod',
    pod: withSide,
    actual: runtimePodOf([attemptOf(main), attemptOf(side, exited(1))]),
    want: '+side',
  },
  {
    what: 'a sidecar before a running init container is kept up',
    pod: podOf({ initContainers: [side, init] }),
    actual: runtimePodOf([attemptOf(init), attemptOf(side, exited(1))]),
    want: '+side',
  },
  {
    what: 'sidecars end with the containers they serve',
    pod: podOf({ restartPolicy: 'Never', initContainers: [side] }),
    actual: runtimePodOf([attemptOf(main, exited(0)), attemptOf(side)]),
    want: '-POD',
  },
  {
    what: 'exit code rules come before the restart policy',
    pod: podOf({
      restartPolicy: 'Never',
      containers: [
        containerOf('main', {
          restartPolicy: 'Never',
          restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [42] } }],
        }),
      ],
    }),
    actual: runtimePodOf([attemptOf(main, exited(42))]),
    want: '+main',
  },
]

for (const { what, pod, actual, probes: results = probes(), want } of cases) {
  test(what, () => assert.equal(summary(planPod(pod, actual, results)), want))
}

test('the message of a kill says why, and whether the container comes back', () => {
  const failing = probes({ 'main-1/startup': 'failure' })
  const { kill } = planPod(podOf(), runtimePodOf([attemptOf(main)]), failing)
  assert.equal(kill[0]?.message, 'Container main failed startup probe, will be restarted')
})

test('sidecars are stopped after the others, the last started first', () => {
  const [one, two] = [side, { ...side, name: 'side2' }]
  const pod = podOf({ initContainers: [one, two] })
  const groups = terminationOrder(pod, [attemptOf(one), attemptOf(main), attemptOf(two)])
  assert.deepEqual(
    groups.map((group) => group.map(({ name }) => name)),
    [['main'], ['side2'], ['side']],
  )
})
