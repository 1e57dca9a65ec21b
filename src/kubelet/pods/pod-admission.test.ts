import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../../api/types/core.v1.ts'
import { containerOf, podOf } from '../../testing/kubelet-builders.ts'
import { admitPod } from './pod-admission.ts'

const node = {
  metadata: { name: 'n1', uid: 'n', resourceVersion: '1', creationTimestamp: '', labels: { zone: 'a' } },
  spec: { taints: [] },
  status: { allocatable: { cpu: '2', memory: '4Gi', pods: '2' } },
} as Node

const other = (uid: string, spec = {}) => podOf(spec, { uid })
const asking = (cpu: string) => ({ containers: [containerOf('main', { resources: { requests: { cpu } } })] })
const port = { containers: [containerOf('main', { ports: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }] })] }

const cases = [
  { what: 'a pod that fits is taken', pod: podOf(asking('2')), others: [], want: undefined },
  {
    what: 'too little CPU',
    pod: podOf(asking('1500m')),
    others: [other('u2', asking('1'))],
    want: "OutOfcpu: Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
  },
  {
    what: 'too many pods',
    pod: podOf(),
    others: [other('u2'), other('u3')],
    want: "OutOfpods: Node didn't have enough resource: pods, requested: 1, used: 2, capacity: 2",
  },
  {
    what: 'a label that the node lacks',
    pod: podOf({ nodeSelector: { zone: 'b' } }),
    others: [],
    want: "NodeAffinity: Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  },
  {
    what: 'a host port that is taken',
    pod: podOf(port),
    others: [other('u2', port)],
    want: "NodePorts: Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  },
] as const

for (const { what, pod, others, want } of cases) {
  test(what, () => {
    const refused = admitPod(pod, others, node)
    assert.equal(refused && `${refused.reason}: ${refused.message}`, want)
  })
}

test('a NoExecute taint refuses pods that do not tolerate it', () => {
  const tainted = { ...node, spec: { taints: [{ key: 'gone', effect: 'NoExecute' as const }] } }
  const tolerant = podOf({ tolerations: [{ key: 'gone', operator: 'Exists' }] })
  assert.equal(admitPod(podOf(), [], tainted)?.reason, 'TaintToleration')
  assert.equal(admitPod(tolerant, [], tainted), undefined)
})
