import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StatefulSet } from '../../api/types/apps.v1.ts'
import type { PersistentVolumeClaim } from '../../api/types/core.v1.ts'
import type { OwnerReference } from '../../api/types/meta.v1.ts'
import { isStale, retainedOwners } from './claim-retention.ts'

const ref = (kind: 'StatefulSet' | 'Pod' | 'Backup', name: string, uid: string, controller = true): OwnerReference => ({
  apiVersion: { StatefulSet: 'apps/v1', Pod: 'v1', Backup: 'example.com/v1' }[kind],
  kind,
  name,
  uid,
  controller,
  blockOwnerDeletion: true,
})
const SET = ref('StatefulSet', 'w', 'set')
const POD = ref('Pod', 'w-1', 'pod')

function holder(whenDeleted: string, whenScaled: string, replicas: number) {
  const spec = { replicas, persistentVolumeClaimRetentionPolicy: { whenDeleted, whenScaled } }
  const set = { metadata: { name: 'w', uid: 'set' }, spec } as unknown as StatefulSet
  return { set, pod: { name: 'w-1', uid: 'pod' } }
}
const claim = (ownerReferences: OwnerReference[]): PersistentVolumeClaim =>
  ({ metadata: { name: 'data-w-1', ownerReferences } }) as unknown as PersistentVolumeClaim

const cases: { what: string; policy: [string, string]; replicas: number; has: OwnerReference[]; gets?: object }[] = [
  { what: 'a claim that stays has no owner', policy: ['Retain', 'Retain'], replicas: 2, has: [] },
  {
    what: 'a claim that is to stay after all is let go',
    policy: ['Retain', 'Retain'],
    replicas: 2,
    has: [SET],
    gets: { owners: [], conflict: false },
  },
  {
    what: 'a claim that goes with the set gets it as owner',
    policy: ['Delete', 'Retain'],
    replicas: 2,
    has: [],
    gets: { owners: [SET], conflict: false },
  },
  { what: 'a claim with the right owner is left alone', policy: ['Delete', 'Retain'], replicas: 2, has: [SET] },
  {
    what: 'an owner that does not control is written anew',
    policy: ['Delete', 'Retain'],
    replicas: 2,
    has: [{ ...SET, controller: false }],
    gets: { owners: [SET], conflict: false },
  },
  { what: 'a claim of a pod that stays waits for scaling', policy: ['Retain', 'Delete'], replicas: 2, has: [] },
  {
    what: 'a claim of a pod beyond the ordinals goes with the pod',
    policy: ['Delete', 'Delete'],
    replicas: 1,
    has: [SET],
    gets: { owners: [POD], conflict: false },
  },
  {
    what: 'a pod that is wanted again gives its claim back to the set',
    policy: ['Delete', 'Delete'],
    replicas: 2,
    has: [POD],
    gets: { owners: [SET], conflict: false },
  },
  {
    what: "another controller's claim is none of ours",
    policy: ['Delete', 'Delete'],
    replicas: 2,
    has: [ref('Backup', 'b', 'b')],
  },
  {
    what: "our traces are taken off another controller's claim",
    policy: ['Delete', 'Delete'],
    replicas: 2,
    has: [ref('Backup', 'b', 'b'), { ...SET, controller: false }],
    gets: { owners: [ref('Backup', 'b', 'b')], conflict: true },
  },
]
for (const { what, policy, replicas, has, gets } of cases) {
  test(what, () => assert.deepEqual(retainedOwners(claim(has), holder(...policy, replicas)), gets))
}

test('a claim that belongs to an earlier pod is stale when scaling deletes claims', () => {
  const before = claim([ref('Pod', 'w-1', 'earlier')])
  assert.deepEqual(
    ['Delete', 'Retain'].map((whenScaled) => isStale(before, holder('Retain', whenScaled, 2))),
    [true, false],
  )
})
