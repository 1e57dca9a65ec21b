import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiObject } from '../../../api/resource.ts'
import type { Node, Pod } from '../../../api/types/core.v1.ts'
import { admissionRequest, admit } from '../../../testing/admission.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import type { AdmissionRequest } from '../plugin.ts'
import { nodeRestriction } from './node-restriction.ts'

const served = { uid: 'u1', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
const user = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }
const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'u1', controller: true }

function pod(nodeName: string, spec: Partial<Pod['spec']> = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  const identity = { ...served, name: 'p', namespace: 'ns', ...metadata }
  return { metadata: identity, spec: { containers: [], nodeName, ...spec }, status: {} }
}
const mirror = (nodeName: string, spec: Partial<Pod['spec']> = {}, metadata: Partial<Pod['metadata']> = {}) =>
  pod(nodeName, spec, { annotations: { 'kubernetes.io/config.mirror': 'x' }, ownerReferences: [owner], ...metadata })
const node = (name: string, metadata: Partial<Node['metadata']> = {}, spec: Node['spec'] = {}): Node => ({
  metadata: { ...served, name, ...metadata },
  spec,
  status: {},
})

const plugin = nodeRestriction({
  pods: new FakeInformer(
    pod('n1', {
      volumes: [{ name: 't', projected: { sources: [{ serviceAccountToken: { path: 't', audience: 'vault' } }] } }],
    }),
    pod('n2', {}, { name: 'foreign' }),
  ).lister,
  nodes: new FakeInformer(node('n1')).lister,
})

type Parts = Parameters<typeof admissionRequest>[2]
const ask = (operation: AdmissionRequest['operation'], resource: string, parts: Parts) =>
  admissionRequest(operation, resource, { user, ...parts })
const token = (uid: string, audiences: string[] = [], name = 'p') => {
  const object = { metadata: {}, spec: { audiences, boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid } } }
  return ask('CREATE', 'serviceaccounts/token', { object: object as ApiObject, namespace: 'ns', name: 'robot' })
}
const lease = (namespace: string, name: string) => ({ metadata: { namespace, name } })

const admitted: [what: string, request: AdmissionRequest][] = [
  ['make a mirror pod of its own', ask('CREATE', 'pods', { object: mirror('n1') })],
  ['delete a pod of its own', ask('DELETE', 'pods', { old: pod('n1') })],
  ['report on a pod of its own', ask('UPDATE', 'pods/status', { object: pod('n1'), old: pod('n1') })],
  ['evict a pod of its own', ask('CREATE', 'pods/eviction', { object: { metadata: { name: 'p', namespace: 'ns' } } })],
  [
    'register',
    ask('CREATE', 'nodes', { object: node('n1', { labels: { 'kubernetes.io/hostname': 'h', mine: 'x' } }) }),
  ],
  ['report on itself', ask('UPDATE', 'nodes/status', { object: node('n1'), old: node('n1') })],
  ['renew its lease', ask('UPDATE', 'leases.coordination.k8s.io', { object: lease('kube-node-lease', 'n1') })],
  ['get a token for its pod', token('u1')],
  ['get a token for an audience that its pod asks for', token('u1', ['vault'])],
]
for (const [what, request] of admitted) {
  test(`a node may ${what}`, async () => assert.equal(await admit(plugin, request), 'admitted'))
}

test('others are not restricted', async () => {
  const request = admissionRequest('CREATE', 'pods', { object: pod('n2') })
  assert.equal(plugin.handles(request), false)
})

const refused: [request: AdmissionRequest, why: string][] = [
  [
    ask('CREATE', 'pods', { object: pod('n1') }),
    'pod does not have "kubernetes.io/config.mirror" annotation, node "n1" can only create mirror pods',
  ],
  [ask('CREATE', 'pods', { object: mirror('n2') }), 'node "n1" can only create pods with spec.nodeName set to itself'],
  [
    ask('CREATE', 'pods', { object: mirror('n1', {}, { ownerReferences: [{ ...owner, kind: 'DaemonSet' }] }) }),
    'node "n1" can only create pods with an owner reference set to itself',
  ],
  [
    ask('CREATE', 'pods', { object: mirror('n1', { volumes: [{ name: 's', secret: { secretName: 's' } }] }) }),
    'node "n1" can not create pods that reference secrets',
  ],
  [ask('DELETE', 'pods', { old: pod('n2') }), 'node "n1" can only delete pods with spec.nodeName set to itself'],
  [
    ask('UPDATE', 'pods/status', { object: pod('n2'), old: pod('n2') }),
    'node "n1" can only update pod status for pods with spec.nodeName set to itself',
  ],
  [
    ask('UPDATE', 'pods/status', { object: pod('n1', {}, { labels: { a: 'b' } }), old: pod('n1') }),
    'node "n1" cannot update labels through pod status',
  ],
  [
    ask('CREATE', 'pods/eviction', { object: { metadata: { name: 'foreign', namespace: 'ns' } } }),
    'node "n1" can only evict pods with spec.nodeName set to itself',
  ],
  [
    ask('CREATE', 'pods/binding', { object: { metadata: { name: 'p', namespace: 'ns' } } }),
    "unexpected pod subresource \"binding\", only 'status' and 'eviction' are allowed",
  ],
  [ask('CREATE', 'nodes', { object: node('n2') }), 'node "n1" is not allowed to modify node "n2"'],
  [
    ask('CREATE', 'nodes', {
      object: node('n1', { labels: { 'node-role.kubernetes.io/x': '', 'team.node-restriction.kubernetes.io/y': '' } }),
    }),
    'node "n1" is not allowed to set the following labels: node-role.kubernetes.io/x, team.node-restriction.kubernetes.io/y',
  ],
  [
    ask('UPDATE', 'nodes', {
      object: node('n1'),
      old: node('n1', {}, { taints: [{ key: 'k', effect: 'NoSchedule' }] }),
    }),
    'node "n1" is not allowed to modify taints',
  ],
  [
    ask('UPDATE', 'nodes', { object: node('n1', { ownerReferences: [owner] }), old: node('n1') }),
    'node "n1" is not allowed to modify ownerReferences',
  ],
  [
    ask('UPDATE', 'nodes', { object: node('n1'), old: node('n1', { labels: { 'foo.k8s.io/a': 'b' } }) }),
    'is not allowed to modify labels: foo.k8s.io/a',
  ],
  [
    ask('UPDATE', 'leases.coordination.k8s.io', { object: lease('kube-node-lease', 'n2') }),
    'can only access node lease with the same name as the requesting node',
  ],
  [
    ask('CREATE', 'csinodes.storage.k8s.io', { object: { metadata: { name: 'n2' } } }),
    'can only access CSINode with the same name as the requesting node',
  ],
  [token(''), 'node requested token with a pod binding without a uid'],
  [token('u1', [], 'foreign'), 'node requested token bound to a pod scheduled on a different node'],
  [token('old'), 'the UID in the bound object reference (old) does not match the UID in record (u1)'],
  [token('u1', ['other']), 'audience "other" not found in pod spec volume'],
]
for (const [request, why] of refused) {
  test(`a node is told: ${why}`, async () => {
    const outcome = await admit(plugin, request)
    assert.match(outcome, /^403 /)
    assert.equal(outcome.slice(outcome.indexOf('is forbidden: ') + 'is forbidden: '.length), why)
  })
}
