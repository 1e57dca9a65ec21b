import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeJson } from '../../api/codec/json.ts'
import type { ApiObject } from '../../api/resource.ts'
import { StoredObject } from './stored-object.ts'
import { encodeStored } from './stored-value.ts'

const BEFORE = ['name', 'generateName', 'namespace', 'selfLink', 'uid'] as const
const AFTER = ['generation', 'creationTimestamp', 'labels', 'annotations'] as const

/** A small generator of numbers, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state % below
  }
}

/** An object with any of the metadata fields, in Go's order, and awkward texts. */
function anObject(pick: (below: number) => number): ApiObject {
  const texts = ['a', '', 'é', '"resourceVersion":"1",', '\\', '😀', '}', '{"metadata":{', '\u2028', 'x'.repeat(300)]
  const text = () => texts[pick(texts.length)]!
  const metadata: Record<string, unknown> = {}
  for (const name of BEFORE) if (pick(2)) metadata[name] = text()
  for (const name of AFTER) if (pick(2)) metadata[name] = name === 'generation' ? pick(9) : { [text()]: text() }
  return { kind: 'Thing', apiVersion: 'v1', metadata, ...(pick(2) && { spec: { [text()]: [text(), 1, null] } }) }
}

/** What a full encode of the object with its revision gives. */
function withRevision(object: ApiObject, revision: number): ApiObject {
  const metadata = Object.entries(object.metadata)
  const position = metadata.findLastIndex(([name]) => (BEFORE as readonly string[]).includes(name)) + 1
  metadata.splice(position, 0, ['resourceVersion', String(revision)])
  return { ...object, metadata: Object.fromEntries(metadata) as ApiObject['metadata'] }
}

test('the spliced bytes are those of a full encode, whatever the object', () => {
  for (let seed = 1; seed <= 2_000; seed++) {
    const object = anObject(random(seed))
    const stored = new StoredObject('/registry/things/x', encodeStored(object), seed * 977)
    const expected = withRevision(object, seed * 977)
    assert.equal(Buffer.from(stored.json()).toString(), Buffer.from(encodeJson(expected)).toString(), `seed ${seed}`)
    assert.deepEqual(stored.object(), expected)

    const later = stored.withRevision(seed)
    const again = Buffer.from(encodeJson(withRevision(object, seed))).toString()
    assert.equal(Buffer.from(later.json()).toString(), again, `seed ${seed}, second revision`)
  }
})

test('a resourceVersion in the object to store is left out', () => {
  const metadata = { name: 'a', resourceVersion: '7', creationTimestamp: '2026-01-01T00:00:00Z' }
  const stored = new StoredObject('/registry/things/a', encodeStored({ kind: 'Thing', apiVersion: 'v1', metadata }), 9)
  assert.equal(
    Buffer.from(stored.json()).toString(),
    '{"kind":"Thing","apiVersion":"v1","metadata":{"name":"a","resourceVersion":"9","creationTimestamp":"2026-01-01T00:00:00Z"}}',
  )
})

test('name and namespace are known without decoding, and the decoded object is frozen and made once', () => {
  const object = { kind: 'Thing', apiVersion: 'v1', metadata: { name: 'a', namespace: 'b', labels: { x: 'y' } } }
  const stored = new StoredObject('/registry/things/b/a', encodeStored(object), 9)
  assert.deepEqual([stored.namespace, stored.name], ['b', 'a'])
  assert.ok(Object.isFrozen(stored.object().metadata.labels))
  assert.equal(stored.object(), stored.object())
  assert.equal(stored.json(), stored.json())
})

test('under another revision an object shares what is decoded already', () => {
  const object: ApiObject = { kind: 'Thing', apiVersion: 'v1', metadata: { name: 'a', uid: 'u', labels: { x: 'y' } } }
  const source = structuredClone(object)
  const value = encodeStored(object)
  for (const stored of [
    new StoredObject('/registry/things/a', value, 9),
    new StoredObject('/registry/things/a', value, 9, undefined, source),
  ]) {
    const early = stored.withRevision(11).object()
    const { metadata } = stored.object()
    const late = stored.withRevision(10).object()
    assert.deepEqual(early, withRevision(object, 11))
    assert.equal(JSON.stringify(late), JSON.stringify(withRevision(object, 10)))
    assert.equal(late.metadata.labels, metadata.labels)
    assert.deepEqual([late, late.metadata].map(Object.isFrozen), [true, true])
    assert.equal(metadata.resourceVersion, '9')
  }
})

test('bytes that are no stored object are refused', () => {
  for (const value of [[], [1, 0, 0], [0, 0, 0, 0, 1], [9, 0, 0, 0, 1]]) {
    assert.throws(() => new StoredObject('/x', Uint8Array.from(value), 1), RangeError)
  }
})
