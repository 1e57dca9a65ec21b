import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editable } from '../../../../base/deep-readonly.ts'
import type { ContainerStatus, Pod, PodSpec } from '../../../types/core.v1.ts'
import { podColumns } from './columns.ts'
import { pods } from './pod.ts'
import { qosClassOf } from './quality-of-service.ts'

const NOW = Date.parse('2026-01-01T00:10:00Z')

function pod(spec: Partial<PodSpec> = {}, rest: Partial<Pod> = {}): Pod {
  const metadata = {
    name: 'web',
    namespace: 'a',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  const made: Pod = {
    metadata,
    spec: { containers: [{ name: 'c', image: 'nginx:1' }], serviceAccountName: 'default', ...spec },
    status: {},
  }
  pods.rules.default?.(made)
  return Object.assign(made, rest)
}

const row = (object: Pod): Record<string, unknown> =>
  Object.fromEntries(podColumns.map(({ header, cell }) => [header, cell(object, NOW)]))

const fields = (errors: readonly { field: string; message: string }[]) => errors.map(({ field }) => field)

function update(change: (spec: PodSpec) => void, { before = pod(), subresource = '' } = {}) {
  const after = editable<Pod>(before)
  change(after.spec)
  const context = { old: before, subresource }
  pods.rules.prepareUpdate?.(after, context)
  return { after, errors: pods.rules.validateUpdate?.(after, context) ?? [] }
}

test('the pull policy follows the tag', () => {
  const policy = (image: string) => pod({ containers: [{ name: 'c', image }] }).spec.containers[0]?.imagePullPolicy
  assert.equal(policy('nginx'), 'Always')
  assert.equal(policy('registry:5000/nginx:latest'), 'Always')
  assert.equal(policy('nginx:1.2'), 'IfNotPresent')
  assert.equal(policy(`nginx@sha256:${'a'.repeat(64)}`), 'IfNotPresent')
})

test('a limit without a request is its own request, in pods', () => {
  const [container] = pod({ containers: [{ name: 'c', image: 'i:1', resources: { limits: { cpu: '1' } } }] }).spec
    .containers
  assert.deepEqual(container?.resources, { limits: { cpu: '1' }, requests: { cpu: '1' } })
})

test('a pod on the host network exposes its ports there', () => {
  const ports = [{ containerPort: 80 }]
  const made = pod({ hostNetwork: true, containers: [{ name: 'c', image: 'i:1', ports }] })
  assert.equal(made.spec.containers[0]?.ports?.[0]?.hostPort, 80)
})

test('a gated pod says that it waits for its gates', () => {
  const made = pod({ schedulingGates: [{ name: 'example.com/hold' }] })
  pods.rules.prepareCreate?.(made)
  assert.equal(made.status.conditions?.[0]?.reason, 'SchedulingGated')
  assert.equal(row(made).Status, 'SchedulingGated')
})

test('quality of service follows requests and limits', () => {
  const of = (resources: PodSpec['resources']) =>
    qosClassOf({ containers: [{ name: 'c', resources: resources ?? {} }] })
  assert.equal(of({}), 'BestEffort')
  assert.equal(of({ requests: { cpu: '1' } }), 'Burstable')
  assert.equal(of({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1000m', memory: '1Gi' } }), 'Guaranteed')
})

test('what is wrong with a pod is told in order and with its place', () => {
  const container = (name: string) => ({ name, image: 'i:1', volumeMounts: [{ name: 'v', mountPath: '/a' }] })
  const broken = pod({
    containers: [container('c'), container('d'), container('c')],
    initContainers: [{ ...container('c'), image: ' i:1' }],
    securityContext: { runAsUser: -1 },
    tolerations: [{ key: 'a b', operator: 'Exists', effect: 'Never' as never }],
    volumes: [
      { name: 'v', emptyDir: {}, hostPath: { path: '/x' } },
      { name: 'w', projected: { sources: [{ secret: { name: 's' }, configMap: { name: 'm' } }] } },
      { name: 'x' },
    ],
  })
  const { metadata, spec } = broken
  const { volumes = [] } = spec
  delete volumes[2]?.emptyDir // the default of a volume without a source
  const found = pods.rules.validate?.({ metadata, status: {}, spec: { ...spec, volumes } }) ?? []
  const mounts = ['containers[0]', 'containers[1]', 'containers[2]', 'initContainers[0]'].map(
    (place) => `spec.${place}.volumeMounts[0].name`,
  )
  assert.deepEqual(fields(found), [
    'spec.volumes[0].hostPath',
    'spec.volumes[1].projected.sources[0]',
    'spec.volumes[2]',
    ...mounts.slice(0, 3),
    'spec.containers[2].name',
    mounts[3],
    'spec.initContainers[0].name',
    'spec.securityContext.runAsUser',
    'spec.tolerations[0].key',
    'spec.tolerations[0].effect',
    'spec.initContainers[0].image',
  ])
})

test('a pod is warned of ports that clash and of what its volumes hide', () => {
  const port = { containerPort: 80, protocol: 'TCP' as const }
  const token = { serviceAccountToken: { path: 'token' } }
  const made = pod({
    containers: [
      {
        name: 'c',
        image: 'i:1',
        ports: [port, { ...port, hostIP: '10.0.0.1' }],
        resources: { limits: { memory: '100m' } },
      },
    ],
    volumes: [
      { name: 'v', projected: { sources: [token, { secret: { name: 's', items: [{ key: 'k', path: 'token' }] } }] } },
    ],
    imagePullSecrets: [{ name: 'r' }, { name: 'r' }],
    hostAliases: [{ ip: '10.0.0.2' }, { ip: '10.0.0.2' }],
  })
  const places = pods.rules.warnings?.(made).map((text) => text.slice(0, text.indexOf(': ')))
  assert.deepEqual(places, [
    'spec.volumes[0].projected.sources.secrets[0]',
    'spec.hostAliases[1].ip',
    'spec.imagePullSecrets[1].name',
    'spec.containers[0].resources.limits[memory]',
    'spec.containers[0].resources.requests[memory]',
    'spec.containers[0].ports[1]',
    'spec.containers[0].ports[1]',
  ])
})

test('a service account has its old name beside the new one, or neither', () => {
  const named = ({ serviceAccountName, serviceAccount }: PodSpec) => [serviceAccountName, serviceAccount]
  assert.deepEqual(named(pod({ serviceAccountName: 'a', serviceAccount: 'b' }).spec), ['a', 'a'])
  const { serviceAccountName: _name, ...spec } = pod().spec
  const old = pod({ ...spec, serviceAccountName: '', serviceAccount: 'b' }).spec
  assert.deepEqual(named(old), ['b', 'b'])
  assert.equal('serviceAccountName' in pod({ serviceAccountName: '' }).spec, false)
})

test('an update may change images, add tolerations, and nothing else', () => {
  const image = update(({ containers }) => {
    Object.assign(containers[0] ?? {}, { image: 'nginx:2' })
  })
  assert.deepEqual(image.errors, [])
  const toleration = update((spec) => {
    spec.tolerations = [{ key: 'a', operator: 'Exists' }]
  })
  assert.deepEqual(toleration.errors, [])
  const network = update((spec) => {
    spec.hostNetwork = true
  })
  assert.deepEqual(fields(network.errors), ['spec'])
  assert.match(
    network.errors[0]?.message ?? '',
    /^Forbidden: pod updates may not change fields other than `spec.containers/,
  )
})

test('containers may not be added by an update', () => {
  const { errors } = update(({ containers }) => {
    containers.push({ name: 'd', image: 'i:1' })
  })
  assert.deepEqual(errors, [
    {
      type: 'FieldValueForbidden',
      field: 'spec.containers',
      message: 'Forbidden: pod updates may not add or remove containers',
    },
  ])
})

test('scheduling gates may go but not come, and a gated pod may become choosier', () => {
  const gated = pod({ schedulingGates: [{ name: 'a' }], nodeSelector: { zone: 'x' } })
  const narrower = update(
    (spec) => {
      spec.nodeSelector = { zone: 'x', disk: 'ssd' }
    },
    { before: gated },
  )
  assert.deepEqual(narrower.errors, [])
  const wider = update(
    (spec) => {
      spec.nodeSelector = {}
    },
    { before: gated },
  )
  assert.deepEqual(fields(wider.errors), ['spec.nodeSelector'])
  const more = update(
    (spec) => {
      spec.schedulingGates?.push({ name: 'b' })
    },
    { before: gated },
  )
  assert.deepEqual(fields(more.errors), ['spec.schedulingGates[1].name'])
})

test('the ephemeralcontainers subresource changes only those', () => {
  const { after, errors } = update(
    (spec) => {
      spec.hostNetwork = true
      spec.ephemeralContainers = [{ name: 'debug', image: 'busybox' }]
    },
    { subresource: 'ephemeralcontainers' },
  )
  assert.deepEqual(errors, [])
  assert.equal(after.spec.hostNetwork, undefined)
  assert.equal(after.spec.ephemeralContainers?.length, 1)
})

test('a resize changes cpu and memory, keeps the class, and removes nothing', () => {
  const resources = { requests: { cpu: '100m', memory: '64Mi' } }
  const before = pod({ containers: [{ name: 'c', image: 'i:1', resources }] })
  const resize = (requests: Record<string, string>) =>
    update(
      ({ containers }) => {
        Object.assign(containers[0] ?? {}, { resources: { requests } })
      },
      { before, subresource: 'resize' },
    ).errors
  assert.deepEqual(resize({ cpu: '200m', memory: '64Mi' }), [])
  assert.deepEqual(fields(resize({ cpu: '200m' })), ['spec.containers[0].resources.requests'])
  assert.deepEqual(fields(resize({ cpu: '200m', memory: '64Mi', 'ephemeral-storage': '1Gi' })), ['spec'])
})

test('an ended container stays ended where nothing restarts it', () => {
  const ended: ContainerStatus = {
    name: 'c',
    ready: false,
    restartCount: 0,
    image: '',
    imageID: '',
    state: { terminated: { exitCode: 1 } },
  }
  const running: ContainerStatus = { ...ended, state: { running: {} } }
  for (const [restartPolicy, refused] of [
    ['Never', true],
    ['OnFailure', false],
    ['Always', false],
  ] as const) {
    const before = pod({ restartPolicy }, { status: { containerStatuses: [ended] } })
    const after = pod({ restartPolicy }, { status: { containerStatuses: [running] } })
    const errors = pods.rules.validateUpdate?.(after, { old: before, subresource: 'status' }) ?? []
    assert.deepEqual(fields(errors), refused ? ['status.containerStatuses[0].state'] : [], restartPolicy)
  }
})

test('only a pod on a node is ended gracefully', () => {
  const grace = pods.rules.gracePeriodSeconds
  assert.equal(grace?.(pod(), undefined), undefined)
  assert.equal(grace?.(pod({ nodeName: 'n' }), undefined), 30)
  assert.equal(grace?.(pod({ nodeName: 'n' }), 5), 5)
  assert.equal(grace?.(pod({ nodeName: 'n' }), -1), 1)
  assert.equal(grace?.(pod({ nodeName: 'n' }, { status: { phase: 'Failed' } }), undefined), undefined)
})

const container = (state: ContainerStatus['state'], more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  name: 'c',
  ready: false,
  restartCount: 0,
  image: 'i',
  imageID: '',
  ...(state && { state }),
  ...more,
})

test('the table shows what a pod does', () => {
  const waiting = container(
    { waiting: { reason: 'CrashLoopBackOff' } },
    {
      restartCount: 3,
      lastState: { terminated: { exitCode: 1, finishedAt: '2026-01-01T00:08:00Z' } },
    },
  )
  const crashing = pod({}, { status: { phase: 'Running', containerStatuses: [waiting] } })
  assert.deepEqual(row(crashing), {
    Name: 'web',
    Ready: '0/1',
    Status: 'CrashLoopBackOff',
    Restarts: '3 (2m ago)',
    Age: '10m',
    IP: '<none>',
    Node: '<none>',
    'Nominated Node': '<none>',
    'Readiness Gates': '<none>',
  })
})

test('the status column finds the telling state', () => {
  const sidecar = { name: 's', image: 'i:1', restartPolicy: 'Always' as const }
  const init = [sidecar, { name: 'b', image: 'i:1' }]
  const started = container({ running: {} }, { name: 's', started: true, ready: true })
  const cases: [string, string, Pod][] = [
    [
      'Init:1/2',
      '1/2',
      pod(
        { initContainers: init },
        { status: { initContainerStatuses: [started, container({ running: {} }, { name: 'b' })] } },
      ),
    ],
    [
      'Init:ExitCode:7',
      '0/1',
      pod(
        { initContainers: [{ name: 'b', image: 'i:1' }] },
        { status: { initContainerStatuses: [container({ terminated: { exitCode: 7 } }, { name: 'b' })] } },
      ),
    ],
    [
      'Completed',
      '0/1',
      pod(
        {},
        {
          status: {
            phase: 'Succeeded',
            containerStatuses: [container({ terminated: { exitCode: 0, reason: 'Completed' } })],
          },
        },
      ),
    ],
    ['Evicted', '0/1', pod({}, { status: { phase: 'Failed', reason: 'Evicted' } })],
    [
      'Running',
      '1/1',
      pod({}, { status: { phase: 'Running', containerStatuses: [container({ running: {} }, { ready: true })] } }),
    ],
  ]
  for (const [status, ready, object] of cases) {
    const shown = row(object)
    assert.deepEqual([shown.Status, shown.Ready], [status, ready])
  }
  const leaving = pod({}, { status: { phase: 'Running' } })
  leaving.metadata.deletionTimestamp = '2026-01-01T00:09:00Z'
  assert.equal(row(leaving).Status, 'Terminating')
})

test('warnings name what hides, repeats or does nothing', () => {
  const env = [
    { name: 'A', value: '1' },
    { name: 'A', value: '2' },
  ]
  const made = pod({
    containers: [{ name: 'c', image: 'i:1', env }],
    nodeSelector: { 'beta.kubernetes.io/os': 'linux' },
    terminationGracePeriodSeconds: -1,
  })
  assert.deepEqual(pods.rules.warnings?.(made), [
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    'spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
  ])
})
