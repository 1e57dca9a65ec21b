import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, NodeSpec, Pod, PodSpec } from '../api/types/core.v1.ts'
import { ClusterState } from './cluster-state.ts'
import { diagnosisText } from './diagnosis-text.ts'
import type { SchedulerPlugin } from './plugin.ts'
import { balancedAllocation } from './plugins/balanced-allocation.ts'
import { imageLocality } from './plugins/image-locality.ts'
import { nodeAffinity } from './plugins/node-affinity.ts'
import { nodeName } from './plugins/node-name.ts'
import { nodePorts } from './plugins/node-ports.ts'
import { nodeResourcesFit } from './plugins/node-resources-fit.ts'
import { nodeUnschedulable } from './plugins/node-unschedulable.ts'
import { taintToleration } from './plugins/taint-toleration.ts'
import { podInfo } from './pod-info.ts'
import { enoughFeasible, schedulePod } from './schedule-pod.ts'

const plugins = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  balancedAllocation,
  imageLocality,
] as SchedulerPlugin[]

const meta = (name: string, labels = {}) => ({
  name,
  namespace: 'default',
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels,
})

interface NodeSketch {
  labels?: Record<string, string>
  spec?: NodeSpec
  allocatable?: Record<string, string>
  images?: string[]
}

function node(name: string, { labels = {}, spec = {}, allocatable = {}, images = [] }: NodeSketch = {}): Node {
  const all = { cpu: '2', memory: '4Gi', pods: '10', ...allocatable }
  const present = images.map((image) => ({ names: [image], sizeBytes: 600 * 1024 * 1024 }))
  return { metadata: meta(name, labels), spec, status: { allocatable: all, images: present } }
}

function pod(spec: Partial<PodSpec> & { cpu?: string; memory?: string } = {}, name = 'p'): Pod {
  const { cpu, memory, ...rest } = spec
  const requests = { ...(cpu && { cpu }), ...(memory && { memory }) }
  return {
    metadata: meta(name),
    spec: { containers: [{ name: 'c', image: 'app', resources: { requests } }], ...rest },
    status: {},
  }
}

function cluster(nodes: Node[], placed: [Pod, string][] = []): ClusterState {
  const state = new ClusterState()
  for (const entry of nodes) state.setNode(entry)
  for (const [entry, on] of placed) state.setPod({ ...entry, spec: { ...entry.spec, nodeName: on } })
  return state
}

function where(subject: Pod, state: ClusterState): string {
  const outcome = schedulePod(podInfo(subject), state, plugins, { random: () => 0, startAt: 0 })
  if (outcome.kind === 'node') return outcome.node.node.metadata.name
  return diagnosisText(outcome.diagnosis, subject).split(' no new claims')[0] as string
}

const inZoneB = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In' as const, values: ['b'] }] }],
    },
  },
}
const taint = { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' as const }
const port = [{ name: 'c', ports: [{ containerPort: 80, hostPort: 8080 }] }]

const cases: { what: string; pod: Pod; nodes: Node[]; placed?: [Pod, string][]; want: string }[] = [
  { what: 'no nodes', pod: pod(), nodes: [], want: 'no nodes available to schedule pods' },
  {
    what: 'the emptier node',
    pod: pod({ cpu: '100m' }),
    nodes: [node('a'), node('b')],
    placed: [[pod({ cpu: '1' }, 'x'), 'a']],
    want: 'b',
  },
  {
    what: 'too little of two resources',
    pod: pod({ cpu: '3', memory: '8Gi' }),
    nodes: [node('a'), node('b')],
    want: '0/2 nodes are available: 2 Insufficient cpu, 2 Insufficient memory.',
  },
  {
    what: 'a full node',
    pod: pod(),
    nodes: [node('a', { allocatable: { pods: '1' } })],
    placed: [[pod({}, 'x'), 'a']],
    want: '0/1 nodes are available: 1 Too many pods.',
  },
  {
    what: 'sidecars beside init containers',
    nodes: [node('a', { allocatable: { cpu: '500m' } })],
    pod: pod({
      cpu: '100m',
      initContainers: [
        { name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '300m' } } },
        { name: 'i', resources: { requests: { cpu: '300m' } } },
      ],
    }),
    want: '0/1 nodes are available: 1 Insufficient cpu.',
  },
  {
    what: 'a cordoned node',
    pod: pod(),
    nodes: [node('a', { spec: { unschedulable: true } })],
    want: '0/1 nodes are available: 1 node(s) were unschedulable.',
  },
  {
    what: 'an untolerated taint',
    pod: pod(),
    nodes: [node('a', { spec: { taints: [taint] } })],
    want: '0/1 nodes are available: 1 node(s) had untolerated taint(s).',
  },
  {
    what: 'a tolerated taint',
    nodes: [node('a', { spec: { taints: [taint] } })],
    want: 'a',
    pod: pod({ tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'gpu', effect: 'NoSchedule' }] }),
  },
  {
    what: 'the node without a soft taint',
    pod: pod(),
    nodes: [node('a', { spec: { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] } }), node('b')],
    want: 'b',
  },
  {
    what: 'node affinity, and reasons counted apart',
    pod: pod({ cpu: '3', affinity: inZoneB }),
    nodes: [node('a'), node('b', { labels: { zone: 'b' } })],
    want: "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector.",
  },
  {
    what: 'node affinity met',
    pod: pod({ affinity: inZoneB }),
    nodes: [node('a'), node('b', { labels: { zone: 'b' } })],
    want: 'b',
  },
  {
    what: 'a host port that is taken',
    pod: pod({ containers: port }),
    nodes: [node('a')],
    placed: [[pod({ containers: port }, 'x'), 'a']],
    want: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
  },
  {
    what: 'a node of another name',
    pod: pod({ nodeName: 'z' }),
    nodes: [node('a')],
    want: "0/1 nodes are available: 1 node(s) didn't match the requested node name.",
  },
  {
    what: 'the node that has the image',
    pod: pod(),
    nodes: [node('a'), node('b', { images: ['app:latest'] })],
    want: 'b',
  },
]

for (const { what, pod: subject, nodes, placed, want } of cases) {
  test(`a pod is scheduled: ${what}`, () => assert.equal(where(subject, cluster(nodes, placed)), want))
}

test('cluster state: a pod that ends or leaves frees what it held', () => {
  const state = cluster([node('a', { allocatable: { cpu: '1' } })], [[pod({ cpu: '1' }, 'x'), 'a']])
  assert.equal(where(pod({ cpu: '1' }), state), '0/1 nodes are available: 1 Insufficient cpu.')
  const done = pod({ cpu: '1', nodeName: 'a' }, 'x')
  state.setPod({ ...done, status: { phase: 'Succeeded' } })
  assert.equal(where(pod({ cpu: '1' }), state), 'a')
})

test('cluster state: a node may have images without names', () => {
  const unnamed = node('a')
  unnamed.status = { ...unnamed.status, images: [{ names: null as never, sizeBytes: 1 }] }
  assert.equal(where(pod(), cluster([unnamed])), 'a')
})

test('cluster state: an assumption that the informer confirmed cannot be taken back', () => {
  const state = cluster([node('a', { allocatable: { cpu: '1' } })])
  const subject = pod({ cpu: '1' }, 'x')
  state.assume(podInfo(subject), 'a')
  state.setPod({ ...subject, spec: { ...subject.spec, nodeName: 'a' } })
  state.forget('x')
  assert.equal(where(pod({ cpu: '1' }), state), '0/1 nodes are available: 1 Insufficient cpu.')
})

test('enough nodes: all of few, a falling share of many', () => {
  assert.deepEqual([10, 100, 1000, 5000, 10_000].map(enoughFeasible), [10, 100, 420, 500, 500])
})
