import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostOf } from '../../api/local-path.ts'
import type { PersistentVolume } from '../../api/types/core.v1.ts'
import { planLocalVolume } from './local-volume-plan.ts'

const volume = (phase: string, policy: string, metadata: object = {}): PersistentVolume =>
  ({ metadata, spec: { persistentVolumeReclaimPolicy: policy }, status: { phase } }) as unknown as PersistentVolume

const held = { finalizers: ['navarch.io/local-path'] }
const deleted = { deletionTimestamp: '2026-01-01T00:00:00Z' }
const cases: readonly [phase: string, policy: string, metadata: object, want: string][] = [
  ['Pending', 'Delete', held, 'prepare'],
  ['Bound', 'Delete', held, 'nothing'],
  ['Bound', 'Delete', { ...held, ...deleted }, 'nothing'],
  ['Released', 'Delete', held, 'remove'],
  ['Released', 'Delete', {}, 'remove'], // stopped between letting go and deleting
  ['Failed', 'Delete', held, 'remove'],
  ['Available', 'Delete', { ...held, ...deleted }, 'remove'],
  ['Released', 'Delete', deleted, 'nothing'],
  ['Released', 'Retain', held, 'nothing'],
  ['Released', 'Retain', { ...held, ...deleted }, 'let-go'],
  ['Released', 'Retain', deleted, 'nothing'],
]
for (const [phase, policy, metadata, want] of cases) {
  test(`a volume ${phase} ${policy} ${JSON.stringify(metadata)}: ${want}`, () =>
    assert.equal(planLocalVolume(volume(phase, policy, metadata)), want))
}

test('only volumes of the local provisioner have a host', () => {
  const term = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n'] }] }
  const on = (provisioner: string) =>
    ({
      metadata: { annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
      spec: { nodeAffinity: { required: { nodeSelectorTerms: [term] } } },
    }) as unknown as PersistentVolume
  assert.deepEqual([hostOf(on('navarch.io/local-path')), hostOf(on('example.com/disk'))], ['n', undefined])
})
