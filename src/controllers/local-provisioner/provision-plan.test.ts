import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../../api/types/core.v1.ts'
import type { StorageClass } from '../../api/types/storage.v1.ts'
import type { Claim } from '../pv-binder/binding.ts'
import { planProvision } from './provision-plan.ts'

const ASKED = { 'volume.kubernetes.io/storage-provisioner': 'navarch.io/local-path' }
const CHOSEN = { ...ASKED, 'volume.kubernetes.io/selected-node': 'n' }

const claim = (annotations: object, spec: object = {}, metadata: object = {}): Claim =>
  ({
    metadata: { name: 'c', namespace: 'ns', uid: 'u', resourceVersion: '7', annotations, ...metadata },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  }) as unknown as Claim
const storageClass = {
  metadata: { name: 'local' },
  provisioner: 'navarch.io/local-path',
  volumeBindingMode: 'WaitForFirstConsumer',
  reclaimPolicy: 'Delete',
} as StorageClass
const node = { metadata: { name: 'n', labels: { 'kubernetes.io/hostname': 'host' } } } as unknown as Node
const view = { storageClass, node, directory: '/volumes' }

test('a claim with a node gets a directory of that node', () => {
  assert.deepEqual(planProvision(claim(CHOSEN), view), {
    action: 'make',
    volume: {
      kind: 'PersistentVolume',
      apiVersion: 'v1',
      metadata: {
        name: 'pvc-u',
        annotations: { 'pv.kubernetes.io/provisioned-by': 'navarch.io/local-path' },
        finalizers: ['navarch.io/local-path'],
      },
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: '/volumes/pvc-u', type: 'DirectoryOrCreate' },
        claimRef: {
          kind: 'PersistentVolumeClaim',
          apiVersion: 'v1',
          namespace: 'ns',
          name: 'c',
          uid: 'u',
          resourceVersion: '7',
        },
        persistentVolumeReclaimPolicy: 'Delete',
        storageClassName: 'local',
        volumeMode: 'Filesystem',
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['host'] }] },
            ],
          },
        },
      },
    },
  })
})

const cases: readonly { title: string; claim: Claim; view?: object; want: string }[] = [
  { title: 'that was not ordered here', claim: claim({}), want: 'none' },
  { title: 'that waits for its node', claim: claim(ASKED), want: 'none' },
  { title: 'that has a volume', claim: claim(CHOSEN, { volumeName: 'v' }), want: 'none' },
  { title: 'that goes', claim: claim(CHOSEN, {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }), want: 'none' },
  { title: 'whose class is gone', claim: claim(CHOSEN), view: { storageClass: undefined }, want: 'none' },
  {
    title: 'for many nodes',
    claim: claim(CHOSEN, { accessModes: ['ReadWriteMany'] }),
    want: 'refuse: access mode ReadWriteMany is not supported: only ReadWriteOnce and ReadWriteOncePod are',
  },
  {
    title: 'for a block device',
    claim: claim(CHOSEN, { volumeMode: 'Block' }),
    want: 'refuse: block volumes are not supported',
  },
  {
    title: 'whose class does not wait for a node',
    claim: claim(ASKED),
    view: { storageClass: { ...storageClass, volumeBindingMode: 'Immediate' } },
    want: 'refuse: no node was selected: the class has to have volumeBindingMode WaitForFirstConsumer',
  },
  {
    title: 'whose node is gone',
    claim: claim(CHOSEN),
    view: { node: undefined },
    want: 'refuse: node "n" not found, reschedule',
  },
]
for (const { title, claim, view: more, want } of cases) {
  test(`a claim ${title}: ${want}`, () => {
    const plan = planProvision(claim, { ...view, ...more })
    const refusal = plan.action === 'refuse' ? `: ${plan.why}${plan.reschedule ? ', reschedule' : ''}` : ''
    assert.equal(plan.action + refusal, want)
  })
}
