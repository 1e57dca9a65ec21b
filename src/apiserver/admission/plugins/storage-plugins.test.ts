import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, PersistentVolumeClaim } from '../../../api/types/core.v1.ts'
import type { Ingress, IngressClass } from '../../../api/types/networking.v1.ts'
import type { StorageClass } from '../../../api/types/storage.v1.ts'
import { admissionRequest, admit } from '../../../testing/admission.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { claimResize } from './persistent-volume-claim-resize.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

const served = { uid: 'u', resourceVersion: '1' }
function storageClass(name: string, created: string, isDefault: boolean, allowVolumeExpansion = false): StorageClass {
  const annotations = { 'storageclass.kubernetes.io/is-default-class': String(isDefault) }
  const metadata = { ...served, name, creationTimestamp: `2026-01-${created}T00:00:00Z`, annotations }
  return { metadata, provisioner: 'p', allowVolumeExpansion }
}
const claim = (spec: PersistentVolumeClaim['spec'], phase?: 'Bound' | 'Pending'): PersistentVolumeClaim => ({
  metadata: { ...served, name: 'v', namespace: 'ns', creationTimestamp: '' },
  spec,
  status: { ...(phase && { phase }) },
})
const sized = (storage: string, storageClassName?: string, phase?: 'Bound') =>
  claim({ resources: { requests: { storage } }, ...(storageClassName && { storageClassName }) }, phase)

const classes = new FakeInformer(
  storageClass('old', '01', true),
  storageClass('b-new', '02', true),
  storageClass('a-new', '02', true, true),
  storageClass('newest', '03', false),
)

test('a claim without a class gets the newest default, the first by name of several', async () => {
  const plugin = defaultStorageClass({ storageClasses: classes.lister })
  const given = async (spec: PersistentVolumeClaim['spec']) => {
    const object = claim(spec)
    await admit(plugin, admissionRequest('CREATE', 'persistentvolumeclaims', { object }))
    return object.spec.storageClassName
  }
  assert.equal(await given({}), 'a-new')
  assert.equal(await given({ storageClassName: 'old' }), 'old')
  assert.equal(await given({ storageClassName: '' }), '')
})

test('claims and volumes are protected once', async () => {
  const finalizers = async (resource: string, object = claim({})) => {
    const request = admissionRequest('CREATE', resource, { object })
    await admit(storageObjectInUseProtection, request)
    await admit(storageObjectInUseProtection, request)
    return object.metadata.finalizers
  }
  assert.deepEqual(await finalizers('persistentvolumeclaims'), ['kubernetes.io/pvc-protection'])
  assert.deepEqual(await finalizers('persistentvolumes'), ['kubernetes.io/pv-protection'])
  assert.equal(await finalizers('configmaps'), undefined)
})

const growth: [what: string, old: PersistentVolumeClaim, next: PersistentVolumeClaim, want: RegExp][] = [
  ['a bound claim whose class allows it', sized('1Gi', 'a-new', 'Bound'), sized('2Gi', 'a-new'), /^admitted$/],
  ['the same amount in other words', sized('1Gi', 'old'), sized('1024Mi', 'old'), /^admitted$/],
  [
    'an unbound claim',
    sized('1Gi', 'a-new'),
    sized('2Gi', 'a-new'),
    /Only bound persistent volume claims can be expanded$/,
  ],
  ['a class that does not', sized('1Gi', 'old', 'Bound'), sized('2Gi', 'old'), /must support resize$/],
]
for (const [what, old, object, want] of growth) {
  test(`growing ${what}: ${want}`, async () => {
    const request = admissionRequest('UPDATE', 'persistentvolumeclaims', { object, old })
    assert.match(await admit(claimResize({ storageClasses: classes.lister }), request), want)
  })
}

test('a new node is tainted as not ready, once', async () => {
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' } as const
  const node: Node = { metadata: { ...served, name: 'n', creationTimestamp: '' }, spec: {}, status: {} }
  const request = admissionRequest('CREATE', 'nodes', { object: node })
  await admit(taintNodesByCondition, request)
  await admit(taintNodesByCondition, request)
  assert.deepEqual(node.spec.taints, [taint])
})

test('an ingress without a class gets the default one', async () => {
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' }
  const metadata = { ...served, name: 'ic', creationTimestamp: '2026-01-01T00:00:00Z', annotations }
  const plugin = defaultIngressClass({ ingressClasses: new FakeInformer<IngressClass>({ metadata, spec: {} }).lister })
  const given = async (spec: Ingress['spec'], own?: Record<string, string>) => {
    const object = { metadata: { name: 'i', namespace: 'ns', ...(own && { annotations: own }) }, spec } as Ingress
    await admit(plugin, admissionRequest('CREATE', 'ingresses.networking.k8s.io', { object }))
    return object.spec?.ingressClassName
  }
  assert.equal(await given({}), 'ic')
  assert.equal(await given({ ingressClassName: 'other' }), 'other')
  assert.equal(await given({}, { 'kubernetes.io/ingress.class': 'old' }), undefined)
})
