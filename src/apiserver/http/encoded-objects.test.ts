import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoredObject } from '../watch-cache/stored-object.ts'
import { encodeStored } from '../watch-cache/stored-value.ts'
import { EncodedObjects } from './encoded-objects.ts'

const value = encodeStored({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' } })
const objects = Array.from({ length: 10 }, (_, index) => new StoredObject(`/a/${index}`, value, index + 1))
const [first, second] = objects as [StoredObject, StoredObject]
const EIGHT = new Uint8Array(8)
const cost = value.length + EIGHT.length

test('an encoding is made once, as long as it is kept', () => {
  const kept = new EncodedObjects()
  const encode = test.mock.fn(() => EIGHT)
  assert.equal(kept.get(first, encode), kept.get(first, encode))
  assert.equal(encode.mock.callCount(), 1)
})

test('what is asked for stays, what is not goes, and the bound is kept', () => {
  const kept = new EncodedObjects(cost * 8)
  const encoded: string[] = []
  const encode = ({ key }: { key: string }) => {
    encoded.push(key)
    return EIGHT
  }
  const get = (object: StoredObject) => kept.get(object, encode)
  for (const object of objects) {
    get(object)
    get(first)
    assert.ok(kept.bytes <= cost * 8, `${kept.bytes} bytes`)
  }
  get(second)
  assert.deepEqual(encoded, [...objects.map(({ key }) => key), '/a/1'])
})

test('one object that would take the place of most others is not kept', () => {
  const kept = new EncodedObjects(cost * 2)
  kept.get(first, () => EIGHT)
  assert.equal(kept.bytes, 0)
})
