import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, LimitRange, LimitRangeItem, PersistentVolumeClaim, Pod } from '../../../api/types/core.v1.ts'
import { admissionRequest, admit } from '../../../testing/admission.ts'
import { FakeInformer } from '../../../testing/fake-informer.ts'
import { limitRanger } from './limit-ranger.ts'

const served = { uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
const range = (item: LimitRangeItem): LimitRange => ({
  metadata: { ...served, name: 'l', namespace: 'ns' },
  spec: { limits: [item] },
})
const pod = (resources: Container['resources'] = {}, init: Container[] = []): Pod => ({
  metadata: { ...served, name: 'p', namespace: 'ns' },
  spec: { containers: [{ name: 'c', resources }], ...(init.length > 0 && { initContainers: init }) },
  status: {},
})
const admitted = async (item: LimitRangeItem, object: Pod) => {
  const plugin = limitRanger({ limitRanges: new FakeInformer(range(item)).lister })
  return admit(plugin, admissionRequest('CREATE', 'pods', { object }))
}

const containers: LimitRangeItem = {
  type: 'Container',
  default: { cpu: '500m', memory: '256Mi' },
  defaultRequest: { cpu: '100m', memory: '256Mi' },
  max: { cpu: '2' },
  min: { cpu: '50m' },
}
const set = 'LimitRanger plugin set: '
const filled: [given: Container['resources'], want: object, annotation: string][] = [
  [
    {},
    { requests: { cpu: '100m', memory: '256Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    'cpu, memory request for container c; cpu, memory limit for container c',
  ],
  [
    { limits: { cpu: '1' }, requests: { cpu: '1' } },
    { requests: { cpu: '1', memory: '256Mi' }, limits: { cpu: '1', memory: '256Mi' } },
    'memory request for container c; memory limit for container c',
  ],
  [
    { requests: { memory: '64Mi' } },
    { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    'cpu request for container c; cpu, memory limit for container c',
  ],
]
for (const [given, want, annotation] of filled) {
  test(`${JSON.stringify(given)} is filled in: ${annotation}`, async () => {
    const object = pod(given)
    assert.equal(await admitted(containers, object), 'admitted')
    assert.deepEqual(object.spec.containers[0]?.resources, want)
    assert.equal(object.metadata.annotations?.['kubernetes.io/limit-ranger'], set + annotation)
  })
}

test('a range without limits, which validation takes, changes and refuses nothing', async () => {
  const empty = { ...range(containers), spec: { limits: null as never } }
  const plugin = limitRanger({ limitRanges: new FakeInformer(empty).lister })
  assert.equal(await admit(plugin, admissionRequest('CREATE', 'pods', { object: pod() })), 'admitted')
})

test('init containers are filled in too', async () => {
  const object = pod({}, [{ name: 'i' }])
  await admitted(containers, object)
  const init = 'cpu, memory request for init container i; cpu, memory limit for init container i'
  assert.ok(object.metadata.annotations?.['kubernetes.io/limit-ranger']?.endsWith(`limit for container c; ${init}`))
})

const whole: LimitRangeItem = { type: 'Pod', max: { cpu: '2' } }
const sidecar: Container = { name: 's', restartPolicy: 'Always', resources: { limits: { cpu: '1' } } }
const refused: [item: LimitRangeItem, object: Pod, why: string][] = [
  [containers, pod({ limits: { cpu: '3' } }), 'maximum cpu usage per Container is 2, but limit is 3'],
  [containers, pod({ requests: { cpu: '10m' } }), 'minimum cpu usage per Container is 50m, but request is 10m'],
  [
    containers,
    pod({ requests: { cpu: '10m' }, limits: { cpu: '9' } }),
    '[minimum cpu usage per Container is 50m, but request is 10m, maximum cpu usage per Container is 2, but limit is 9]',
  ],
  [whole, pod(), 'maximum cpu usage per Pod is 2.  No limit is specified'],
  [whole, pod({ limits: { cpu: '1500m' } }, [sidecar]), 'maximum cpu usage per Pod is 2, but limit is 2500m'],
  [
    { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
    pod({ requests: { cpu: '1' }, limits: { cpu: '3' } }),
    'cpu max limit to request ratio per Container is 2, but provided ratio is 3.000000',
  ],
]
for (const [item, object, why] of refused) {
  test(`refused: ${why}`, async () => assert.equal(await admitted(item, object), `403 pods "p" is forbidden: ${why}`))
}

test('claims have a least and a greatest size', async () => {
  const item: LimitRangeItem = { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '10Gi' } }
  const plugin = limitRanger({ limitRanges: new FakeInformer(range(item)).lister })
  const of = (storage: string) => {
    const metadata = { ...served, name: 'v', namespace: 'ns' }
    const object: PersistentVolumeClaim = { metadata, spec: { resources: { requests: { storage } } }, status: {} }
    return admit(plugin, admissionRequest('CREATE', 'persistentvolumeclaims', { object }))
  }
  assert.equal(await of('5Gi'), 'admitted')
  assert.match(await of('1Mi'), /minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi$/)
  assert.match(await of('1Ti'), /maximum storage usage per PersistentVolumeClaim is 10Gi, but request is 1Ti$/)
})
