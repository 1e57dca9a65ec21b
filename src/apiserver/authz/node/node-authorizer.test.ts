import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolume, Pod } from '../../../api/types/core.v1.ts'
import type { ResourceSlice } from '../../../api/types/resource.v1.ts'
import type { VolumeAttachment } from '../../../api/types/storage.v1.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import type { RequestAttributes, UserInfo } from '../../request.ts'
import { NodeAuthorizer } from './node-authorizer.ts'
import { NodeGraph } from './node-graph.ts'

const served = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
const node = (name: string): UserInfo => ({ name: `system:node:${name}`, groups: ['system:nodes'] })

function pod(name: string, nodeName: string, spec: Partial<Pod['spec']>, annotations?: Record<string, string>): Pod {
  const metadata = { ...served, name, namespace: 'ns', ...(annotations && { annotations }) }
  return { metadata, spec: { containers: [{ name: 'c' }], nodeName, ...spec }, status: {} }
}

const informers = {
  pods: new FakeInformer<Pod>(
    pod('web', 'n1', {
      serviceAccountName: 'robot',
      imagePullSecrets: [{ name: 'pull' }],
      initContainers: [{ name: 'i', envFrom: [{ configMapRef: { name: 'init-env' } }] }],
      containers: [{ name: 'c', env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'env', key: 'k' } } }] }],
      volumes: [
        { name: 'a', projected: { sources: [{ secret: { name: 'projected' } }, { configMap: { name: 'ca' } }] } },
        { name: 'b', persistentVolumeClaim: { claimName: 'data' } },
        { name: 'scratch', ephemeral: {} },
      ],
      resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }],
    }),
    pod('elsewhere', 'n2', { volumes: [{ name: 's', secret: { secretName: 'foreign' } }] }),
    pod('pending', '', { volumes: [{ name: 's', secret: { secretName: 'unbound' } }] }),
    pod(
      'static',
      'n1',
      { volumes: [{ name: 's', secret: { secretName: 'stolen' } }] },
      { 'kubernetes.io/config.mirror': 'x' },
    ),
  ),
  persistentVolumes: new FakeInformer<PersistentVolume>({
    metadata: { ...served, name: 'pv' },
    spec: {
      claimRef: { namespace: 'ns', name: 'data' },
      csi: { driver: 'd', volumeHandle: 'h', nodeStageSecretRef: { name: 'stage', namespace: 'storage' } },
    },
    status: {},
  }),
  volumeAttachments: new FakeInformer<VolumeAttachment>({
    metadata: { ...served, name: 'va' },
    spec: { attacher: 'a', nodeName: 'n1', source: {} },
  } as VolumeAttachment),
  resourceSlices: new FakeInformer<ResourceSlice>(),
}
const rules = [{ apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] }]
const authorizer = new NodeAuthorizer(new NodeGraph(informers), rules)

function ask(text: string, user = node('n1')): RequestAttributes {
  const [verb = '', target = '', object = '', fieldSelector] = text.split(' ')
  const [group = '', resource = '', subresource = ''] = target.split('/')
  const [namespace = '', name = ''] = object.split('/')
  const about = { user, verb, group, version: 'v1', resource, subresource, namespace, name }
  return fieldSelector ? { ...about, fieldSelector } : about
}

const allowed = [
  'get /secrets ns/pull',
  'get /secrets ns/env',
  'watch /secrets ns/projected',
  'get /configmaps ns/init-env',
  'list /configmaps ns/ca',
  'get /persistentvolumeclaims ns/data',
  'get /persistentvolumeclaims ns/web-scratch',
  'patch /persistentvolumeclaims/status ns/data',
  'get /persistentvolumes /pv',
  'get /secrets storage/stage',
  'get resource.k8s.io/resourceclaims ns/gpu',
  'get storage.k8s.io/volumeattachments /va',
  'create /serviceaccounts/token ns/robot',
  'get /pods ns/web',
  'list /pods / spec.nodeName=n1',
  'create /pods ns/',
  'delete /pods ns/web',
  'patch /pods/status ns/web',
  'create /pods/eviction ns/web',
  'get /nodes /n1',
  'create /nodes',
  'patch /nodes/status /n1',
  'update coordination.k8s.io/leases kube-node-lease/n1',
  'create coordination.k8s.io/leases kube-node-lease/',
  'delete storage.k8s.io/csinodes /n1',
  'list /services',
]
for (const request of allowed) {
  test(`a node may ${request}`, () => {
    assert.deepEqual(authorizer.authorize(ask(request)), { verdict: 'allow', reason: '' })
  })
}

const unrelated = "no relationship found between node 'n1' and this object"
const refused: [request: string, reason: string][] = [
  ['get /secrets ns/foreign', unrelated],
  ['get /secrets ns/unbound', unrelated],
  ['get /secrets ns/stolen', unrelated],
  ['get /secrets other/pull', unrelated],
  ['get /secrets ns/', 'No Object name found'],
  ['list /secrets', 'can only read namespaced object of this type'],
  ['update /secrets ns/pull', 'can only read resources of this type'],
  ['list /persistentvolumeclaims ns/data', 'can only get individual resources of this type'],
  ['delete /persistentvolumeclaims/status ns/data', 'can only get/update/patch this type'],
  ['create /serviceaccounts/token ns/default', unrelated],
  ['create /serviceaccounts ns/robot', 'can only create token subresource of serviceaccount'],
  ['get /pods ns/elsewhere', unrelated],
  ['list /pods', 'can only list/watch pods with spec.nodeName field selector'],
  ['list /pods / spec.nodeName=n2', 'can only list/watch pods with spec.nodeName field selector'],
  ['list /pods / spec.nodeName!=n1', 'can only list/watch pods with spec.nodeName field selector'],
  ['deletecollection /pods ns/', ''],
  ['create /pods/binding ns/web', ''],
  ['get /nodes /n2', "node 'n1' cannot read 'n2', only its own Node object"],
  ['list /nodes', "node 'n1' cannot read all nodes, only its own Node object"],
  ['delete /nodes /n1', ''],
  ['get coordination.k8s.io/leases kube-system/n1', 'can only access leases in the "kube-node-lease" system namespace'],
  [
    'update coordination.k8s.io/leases kube-node-lease/n2',
    'can only access node lease with the same name as the requesting node',
  ],
  ['get storage.k8s.io/csinodes /n2', 'can only access CSINode with the same name as the requesting node'],
  ['create /services ns/', ''],
]
for (const [request, reason] of refused) {
  test(`a node may not ${request}`, () => {
    assert.deepEqual(authorizer.authorize(ask(request)), { verdict: 'no-opinion', reason })
  })
}

test('only members of system:nodes are nodes, and they need a name', () => {
  const pretender = { name: 'system:node:n1', groups: ['system:authenticated'] }
  assert.deepEqual(authorizer.authorize(ask('list /services', pretender)), { verdict: 'no-opinion', reason: '' })
  assert.deepEqual(authorizer.authorize(ask('list /services', node(''))), {
    verdict: 'no-opinion',
    reason: 'unknown node for user "system:node:"',
  })
})

test('a pod that leaves takes its node’s rights along', () => {
  informers.pods.put(pod('brief', 'n1', { volumes: [{ name: 's', secret: { secretName: 'brief' } }] }))
  assert.equal(authorizer.authorize(ask('get /secrets ns/brief')).verdict, 'allow')
  informers.pods.remove({ namespace: 'ns', name: 'brief' })
  assert.equal(authorizer.authorize(ask('get /secrets ns/brief')).verdict, 'no-opinion')
})
