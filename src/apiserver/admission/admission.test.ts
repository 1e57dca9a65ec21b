import assert from 'node:assert/strict'
import { test } from 'node:test'
import { notFound, StatusError } from '../../api/status-error.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import { admissionRequest } from '../../testing/admission.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { FakeInformer } from '../../testing/fake-informer.ts'
import { FakeRbac } from '../../testing/rbac.ts'
import { systemMasters } from '../authz/system-masters.ts'
import type { AdmissionDeps } from './deps.ts'
import { admissionPlugins, createAdmission } from './index.ts'

const served = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }

function deps(): AdmissionDeps {
  const empty = () => new FakeInformer<never>().lister
  const missing = (plural: string) => ({
    get: async ({ name }: { name: string }) => {
      throw notFound({ group: '', plural }, name)
    },
  })
  return {
    client: { namespaces: missing('namespaces'), serviceAccounts: missing('serviceaccounts') } as never,
    namespaces: new FakeInformer({ metadata: { ...served, name: 'ns' }, spec: {}, status: {} }).lister,
    serviceAccounts: new FakeInformer({ metadata: { ...served, name: 'default', namespace: 'ns' } }).lister,
    nodes: empty(),
    pods: empty(),
    persistentVolumeClaims: empty(),
    limitRanges: empty(),
    resourceQuotas: empty(),
    priorityClasses: empty(),
    storageClasses: empty(),
    ingressClasses: empty(),
    runtimeClasses: empty(),
    authorizer: systemMasters,
    rbac: new FakeRbac().index,
    clock: new FakeClock(),
  }
}
const pod = (namespace: string): Pod => ({
  metadata: { ...served, name: 'p', namespace },
  spec: { containers: [{ name: 'c' }] },
  status: {},
})

test('plugins stand in upstream’s order', () => {
  const names = admissionPlugins(deps()).map(({ name }) => name)
  assert.deepEqual(names, [
    'RbacEscalation',
    'NamespaceLifecycle',
    'LimitRanger',
    'ServiceAccount',
    'NodeRestriction',
    'NodePartRestriction',
    'TaintNodesByCondition',
    'PodSecurity',
    'Priority',
    'DefaultTolerationSeconds',
    'DefaultStorageClass',
    'StorageObjectInUseProtection',
    'PersistentVolumeClaimResize',
    'RuntimeClass',
    'CertificateApproval',
    'CertificateSigning',
    'CertificateSubjectRestriction',
    'DefaultIngressClass',
    'ResourceQuota',
  ])
})

test('a pod passes all of them without waiting', () => {
  const admission = createAdmission(deps())
  const object = pod('ns')
  const request = admissionRequest('CREATE', 'pods', { object })
  assert.equal(admission.mutate(request), undefined)
  assert.equal(admission.validate(request), undefined)
  const { serviceAccountName, priority, tolerations, volumes } = object.spec
  assert.deepEqual([serviceAccountName, priority, tolerations?.length, volumes?.length], ['default', 0, 2, 1])
})

test('mutating twice is mutating once', () => {
  const admission = createAdmission(deps())
  const object = pod('ns')
  const request = admissionRequest('CREATE', 'pods', { object })
  admission.mutate(request)
  const once = structuredClone(object)
  admission.mutate(request)
  assert.deepEqual(object, once)
})

test('a missing namespace is the first thing to be missed', async () => {
  const request = admissionRequest('CREATE', 'pods', { object: pod('nosuch') })
  await assert.rejects(
    async () => createAdmission(deps()).mutate(request),
    (error) => error instanceof StatusError && error.message === 'namespaces "nosuch" not found',
  )
})
