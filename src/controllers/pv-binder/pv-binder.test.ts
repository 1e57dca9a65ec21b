import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resources } from '../../client/clientset.ts'
import type { ControllerBench } from '../../testing/controller-bench.ts'
import { controllerBench } from '../../testing/controller-bench.ts'
import { pvProtectionController } from '../pv-protection/pv-protection.ts'
import { persistentVolumeBinder } from './pv-binder.ts'

const KIND = { kind: 'PersistentVolumeClaim', apiVersion: 'v1' }
const claim = (name: string, spec: object = {}) => ({
  ...KIND,
  metadata: { name, namespace: 'ns' },
  spec: { accessModes: ['ReadWriteOnce' as const], resources: { requests: { storage: '1Gi' } }, ...spec },
})
const volume = (name: string, spec: object = {}) => ({
  kind: 'PersistentVolume',
  apiVersion: 'v1',
  metadata: { name },
  spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce' as const], ...spec },
})

const claims = (bench: ControllerBench) =>
  bench.all('persistentVolumeClaims').map(({ metadata, spec, status }) => ({
    name: metadata.name,
    phase: status?.phase,
    volume: spec.volumeName,
  }))
const phases = (bench: ControllerBench) =>
  bench.all('persistentVolumes').map(({ metadata, status }) => `${metadata.name} ${status?.phase}`)
const eventsOf = (bench: ControllerBench) =>
  bench.all('events').map(({ reason, count, involvedObject }) => `${involvedObject.name} ${reason} ×${count}`)

test('claim and volume are bound from both sides', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder)
  bench.put('persistentVolumes', volume('v'))
  bench.put('persistentVolumeClaims', claim('c', { storageClassName: '' }))
  await bench.rest()
  const [bound] = bench.all('persistentVolumeClaims')
  assert.deepEqual(bound?.metadata.annotations, {
    'pv.kubernetes.io/bound-by-controller': 'yes',
    'pv.kubernetes.io/bind-completed': 'yes',
  })
  assert.equal(bound.spec.volumeName, 'v')
  assert.deepEqual(bound.status, { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '5Gi' } })
  const [held] = bench.all('persistentVolumes')
  assert.equal(held?.spec.claimRef?.uid, bound.metadata.uid)
  assert.deepEqual(held.metadata.annotations, { 'pv.kubernetes.io/bound-by-controller': 'yes' })
  assert.deepEqual(phases(bench), ['v Bound'])
})

test('two claims never share a volume', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder)
  bench.put('persistentVolumes', volume('v'), volume('w'))
  await bench.rest()
  bench.put('persistentVolumeClaims', ...['a', 'b', 'c'].map((name) => claim(name, { storageClassName: '' })))
  await bench.rest()
  await bench.clock.advance(1000)
  const taken = claims(bench).flatMap(({ volume }) => volume ?? [])
  assert.deepEqual(taken.toSorted(), ['v', 'w'])
  assert.deepEqual(phases(bench), ['v Bound', 'w Bound'])
})

test('a volume that comes later is taken at once', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder)
  bench.put('persistentVolumeClaims', claim('c', { storageClassName: 'x' }))
  await bench.rest()
  bench.put('persistentVolumes', volume('v', { storageClassName: 'x' }))
  await bench.rest()
  assert.deepEqual(claims(bench), [{ name: 'c', phase: 'Bound', volume: 'v' }])
})

test('a volume whose claim is gone is released, and free again without its reference', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder)
  bench.put('persistentVolumes', volume('v', { persistentVolumeReclaimPolicy: 'Retain' }))
  bench.put('persistentVolumeClaims', claim('c', { storageClassName: '' }))
  await bench.rest()
  bench.api.remove(resources.persistentVolumeClaims, { namespace: 'ns', name: 'c' })
  await bench.rest()
  assert.deepEqual(phases(bench), ['v Released'])
  const body = { spec: { claimRef: null } }
  await bench.client.persistentVolumes.patch({ name: 'v' }, { type: 'merge', body })
  await bench.rest()
  assert.deepEqual(phases(bench), ['v Available'])
})

test('a claim whose volume is gone is lost', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder)
  bench.put('persistentVolumes', volume('v'))
  await bench.rest()
  bench.put('persistentVolumeClaims', claim('c', { storageClassName: '' }))
  await bench.rest()
  bench.api.remove(resources.persistentVolumes, { name: 'v' })
  await bench.rest()
  assert.deepEqual(claims(bench), [{ name: 'c', phase: 'Lost', volume: 'v' }])
  assert.deepEqual(eventsOf(bench), ['c ClaimLost ×1'])
})

test('a volume that nobody can delete has failed', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder)
  const claimRef = { name: 'gone', namespace: 'ns', uid: 'u0' }
  bench.put('persistentVolumes', volume('v', { claimRef, persistentVolumeReclaimPolicy: 'Recycle' }))
  await bench.rest()
  assert.deepEqual(phases(bench), ['v Failed'])
  assert.deepEqual(eventsOf(bench), ['v VolumeFailedRecycle ×1'])
})

test('a claim without class gets the default class when there is one, and its provisioner is asked', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder)
  bench.put('persistentVolumeClaims', claim('c'))
  await bench.rest()
  const annotations = { 'storageclass.kubernetes.io/is-default-class': 'true' }
  bench.put('storageClasses', { metadata: { name: 'd', annotations }, provisioner: 'example.com/disk' })
  await bench.rest()
  const [ordered] = bench.all('persistentVolumeClaims')
  assert.equal(ordered?.spec.storageClassName, 'd')
  assert.deepEqual(ordered.metadata.annotations, {
    'volume.beta.kubernetes.io/storage-provisioner': 'example.com/disk',
    'volume.kubernetes.io/storage-provisioner': 'example.com/disk',
  })
})

test('why a claim waits is told again every 15 s', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder)
  bench.put('persistentVolumeClaims', claim('c', { storageClassName: '' }))
  await bench.rest()
  const before = bench.all('events')[0]?.count ?? 0
  await bench.clock.advance(15_000)
  await bench.rest()
  assert.equal(bench.all('events')[0]?.count, before + 1)
})

test('a volume that is deleted stays while it is bound', async (t) => {
  const bench = controllerBench(t, persistentVolumeBinder, pvProtectionController)
  bench.put('persistentVolumes', volume('v'))
  bench.put('persistentVolumeClaims', claim('c', { storageClassName: '' }))
  await bench.rest()
  await bench.client.persistentVolumes.delete({ name: 'v' })
  await bench.rest()
  assert.deepEqual(phases(bench), ['v Bound'])
  bench.api.remove(resources.persistentVolumeClaims, { namespace: 'ns', name: 'c' })
  await bench.rest()
  assert.deepEqual(phases(bench), [])
})
