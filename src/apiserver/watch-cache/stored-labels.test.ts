import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeStored, encodeUntyped, StoredObject } from './stored-value.ts'

const LABELS = { app: 'web', 'example.com/tier': 'ü', empty: '' }
const template = { metadata: { labels: { app: 'not this one' } } }
const METADATA: readonly [what: string, metadata: object][] = [
  ['none', {}],
  ['labels alone', { labels: LABELS }],
  ['empty labels', { labels: {} }],
  ['labels behind scalars', { generation: 3, creationTimestamp: '2026-01-31T12:00:00Z', labels: LABELS }],
  ['a deletion', { deletionTimestamp: '2026-01-31T12:00:00Z', deletionGracePeriodSeconds: 0, labels: LABELS }],
  ['annotations that look like labels', { annotations: { '"labels":{"a":"b"}': '"labels":{"a":"b"}' } }],
  ['labels and annotations', { labels: LABELS, annotations: { a: 'b' } }],
  ['owners and finalizers', { finalizers: ['x/y'], ownerReferences: [{ uid: 'u', labels: { no: 'no' } }] }],
  ['a null', { creationTimestamp: null, labels: LABELS }],
]

for (const [what, more] of METADATA) {
  test(`labels are known without decoding: ${what}`, () => {
    for (const encode of [encodeStored, encodeUntyped]) {
      const metadata = { name: 'a', namespace: 'b', uid: 'u', ...more }
      const value = encode({ kind: 'Thing', apiVersion: 'v1', metadata, spec: { template } } as never)
      const stored = new StoredObject('/registry/things/b/a', value, 7)
      const asStored = stored.labels()
      stored.json()
      const spliced = stored.labels()
      const decoded = new StoredObject('/registry/things/b/a', value, 7).object().metadata.labels
      assert.deepEqual([asStored, spliced], [decoded, decoded])
    }
  })
}
