import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyVolume, Claim } from './binding.ts'
import { matchingVolume } from './matching-volume.ts'

const claim = (spec: object = {}): Claim => ({
  metadata: { name: 'c', namespace: 'ns', uid: 'u1', resourceVersion: '1', creationTimestamp: '' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...spec },
  status: {},
})

const volume = (name: string, storage: string, spec: object = {}, more: object = {}): AnyVolume =>
  ({
    metadata: { name, labels: { name } },
    spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], ...spec },
    status: { phase: 'Available' },
    ...more,
  }) as unknown as AnyVolume

const forOurs = { claimRef: { name: 'c', namespace: 'ns' } }
const forOther = { claimRef: { name: 'd', namespace: 'ns' } }
const cases: readonly { title: string; claim?: object; delayed?: boolean; volumes: AnyVolume[]; want?: string }[] = [
  {
    title: 'the smallest that is large enough',
    volumes: [volume('9', '9Gi'), volume('1', '1Gi'), volume('3', '3Gi')],
    want: '3',
  },
  {
    title: 'the one with the fewest access modes, even if larger',
    volumes: [volume('many', '2Gi', { accessModes: ['ReadWriteOnce', 'ReadWriteMany'] }), volume('one', '9Gi')],
    want: 'one',
  },
  {
    title: 'one that is reserved for it, whatever its class and size order',
    volumes: [volume('free', '2Gi'), volume('ours', '9Gi', { ...forOurs, storageClassName: 'x' })],
    want: 'ours',
  },
  { title: 'not a reserved one that is too small', volumes: [volume('ours', '1Gi', forOurs)] },
  {
    title: 'not one that names an older claim of the same name',
    volumes: [volume('old', '2Gi', { claimRef: { name: 'c', namespace: 'ns', uid: 'u0' } })],
  },
  { title: 'not one that is reserved for another', volumes: [volume('theirs', '2Gi', forOther)] },
  { title: 'not one of a class', volumes: [volume('v', '2Gi', { storageClassName: 'x' })] },
  {
    title: 'one of its class',
    claim: { storageClassName: 'x' },
    volumes: [volume('v', '2Gi', { storageClassName: 'x' })],
    want: 'v',
  },
  { title: 'not one that lacks a mode', claim: { accessModes: ['ReadWriteMany'] }, volumes: [volume('v', '2Gi')] },
  { title: 'not a block volume', volumes: [volume('v', '2Gi', { volumeMode: 'Block' })] },
  { title: 'not one that is not available yet', volumes: [volume('v', '2Gi', {}, { status: { phase: 'Pending' } })] },
  {
    title: 'not one that is being deleted',
    volumes: [volume('v', '2Gi', {}, { metadata: { name: 'v', deletionTimestamp: '2026-01-01T00:00:00Z' } })],
  },
  {
    title: 'what the selector says',
    claim: { selector: { matchLabels: { name: 'b' } } },
    volumes: [volume('a', '2Gi'), volume('b', '3Gi')],
    want: 'b',
  },
  { title: 'when delayed, none that is free', delayed: true, volumes: [volume('v', '2Gi')] },
  { title: 'when delayed, one that is reserved', delayed: true, volumes: [volume('v', '2Gi', forOurs)], want: 'v' },
]
for (const { title, claim: spec, delayed = false, volumes, want } of cases) {
  test(`a claim takes ${title}`, () =>
    assert.equal(matchingVolume(claim(spec), volumes, { delayed })?.metadata.name, want))
}
