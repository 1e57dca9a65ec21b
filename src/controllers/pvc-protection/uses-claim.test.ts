import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolumeClaim, Pod } from '../../api/types/core.v1.ts'
import { usesClaim } from './uses-claim.ts'

const named = { name: 'd', persistentVolumeClaim: { claimName: 'p-d' } }
const ephemeral = { name: 'd', ephemeral: {} }
const shutDown = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 }

const cases: readonly { title: string; pod: object; metadata?: object; owner?: string; want: boolean }[] = [
  { title: 'a pod on a node', pod: { nodeName: 'n', volumes: [named] }, want: true },
  { title: 'a pod without node', pod: { volumes: [named] }, want: false },
  {
    title: 'a pod with another claim',
    pod: { nodeName: 'n', volumes: [{ ...named, persistentVolumeClaim: { claimName: 'x' } }] },
    want: false,
  },
  {
    title: 'a pod of another namespace',
    pod: { nodeName: 'n', volumes: [named] },
    metadata: { namespace: 'x' },
    want: false,
  },
  { title: 'the pod that brought it along', pod: { nodeName: 'n', volumes: [ephemeral] }, owner: 'u', want: true },
  { title: 'a namesake of that pod', pod: { nodeName: 'n', volumes: [ephemeral] }, owner: 'older', want: false },
  {
    title: 'that pod, shut down',
    pod: { nodeName: 'n', volumes: [ephemeral] },
    owner: 'u',
    metadata: shutDown,
    want: false,
  },
]
for (const { title, pod: spec, metadata, owner, want } of cases) {
  test(`a claim is ${want ? '' : 'not '}used by ${title}`, () => {
    const pod = { metadata: { name: 'p', namespace: 'ns', uid: 'u', ...metadata }, spec } as unknown as Pod
    const ownerReferences = owner ? [{ kind: 'Pod', name: 'p', uid: owner, controller: true }] : []
    const claim = { metadata: { name: 'p-d', namespace: 'ns', ownerReferences } } as unknown as PersistentVolumeClaim
    assert.equal(usesClaim(pod, claim), want)
  })
}
