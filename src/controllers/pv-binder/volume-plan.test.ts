import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyVolume, Claim } from './binding.ts'
import { planVolume, reclaimFailure } from './volume-plan.ts'

const volume = (spec: object = {}, annotations: object = {}): AnyVolume =>
  ({ metadata: { name: 'v', annotations }, spec, status: {} }) as unknown as AnyVolume
const claim = (spec: object = {}, uid = 'u1'): Claim =>
  ({ metadata: { name: 'c', namespace: 'ns', uid }, spec, status: {} }) as unknown as Claim

const claimRef = { name: 'c', namespace: 'ns', uid: 'u1' }
const made = { 'pv.kubernetes.io/provisioned-by': 'example.com/disk' }

const plans: readonly { title: string; volume: AnyVolume; claim?: Claim; want: string }[] = [
  { title: 'without claim', volume: volume(), want: 'keep Available' },
  {
    title: 'reserved, not bound',
    volume: volume({ claimRef: { name: 'c', namespace: 'ns' } }),
    want: 'keep Available',
  },
  {
    title: 'bound from both sides',
    volume: volume({ claimRef }),
    claim: claim({ volumeName: 'v' }),
    want: 'keep Bound',
  },
  { title: 'whose claim is gone', volume: volume({ claimRef }), want: 'reclaim' },
  {
    title: 'whose claim is another of its name',
    volume: volume({ claimRef }),
    claim: claim({}, 'u2'),
    want: 'reclaim',
  },
  { title: 'whose claim is not bound yet', volume: volume({ claimRef }), claim: claim(), want: 'wait' },
  { title: 'whose claim took another', volume: volume({ claimRef }), claim: claim({ volumeName: 'w' }), want: 'free' },
  {
    title: 'made for a claim that took another',
    volume: volume({ claimRef, persistentVolumeReclaimPolicy: 'Delete' }, made),
    claim: claim({ volumeName: 'w' }),
    want: 'reclaim',
  },
]
for (const { title, volume, claim, want } of plans) {
  test(`a volume ${title}: ${want}`, () => {
    const plan = planVolume(volume, claim)
    assert.equal(plan.action === 'keep' ? `keep ${plan.phase}` : plan.action, want)
  })
}

test('a reserved volume of another mode is told to both sides', () => {
  const plan = planVolume(volume({ claimRef, volumeMode: 'Block' }), claim())
  assert.deepEqual(plan.action === 'wait' && [plan.onVolume?.message, plan.onClaim?.message], [
    'Cannot bind PersistentVolume to requested PersistentVolumeClaim "c" due to incompatible volumeMode.',
    'Cannot bind PersistentVolume "v" to requested PersistentVolumeClaim due to incompatible volumeMode.',
  ])
})

const failures: readonly { policy: string; spec?: object; annotations?: object; want?: string }[] = [
  { policy: 'Retain' },
  { policy: 'Recycle', want: 'VolumeFailedRecycle: No recycler plugin found for the volume!' },
  { policy: 'Delete', annotations: made },
  {
    policy: 'Delete',
    spec: { hostPath: { path: '/data/x' } },
    want: 'VolumeFailedDelete: host_path deleter only supports /tmp/.+ but received provided /data/x',
  },
  {
    policy: 'Delete',
    spec: { nfs: { server: 's', path: '/' } },
    want: 'VolumeFailedDelete: error getting deleter volume plugin for volume "v": no deletable volume plugin matched',
  },
]
for (const { policy, spec, annotations, want } of failures) {
  test(`a released volume with ${policy} ${JSON.stringify(spec ?? annotations ?? {})}: ${want ?? 'stays'}`, () => {
    const notice = reclaimFailure(volume({ ...spec, persistentVolumeReclaimPolicy: policy }, annotations))
    assert.equal(notice && `${notice.reason}: ${notice.message}`, want)
  })
}
