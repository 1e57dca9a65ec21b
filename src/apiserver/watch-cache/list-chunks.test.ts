import assert from 'node:assert/strict'
import { test } from 'node:test'
import { itemsLength, itemsText, lengthAround, listChunks } from './list-chunks.ts'
import { StoredObject } from './stored-object.ts'
import { encodeStored } from './stored-value.ts'

const head = '{"kind":"PodList","items":['
const item = (text: string) => ({
  json: () => Buffer.from(`{"kind":"Pod","apiVersion":"v1","metadata":{"name":"${text}"}}`),
})
const tail = ']}'
const all = (...[items, text]: Parameters<typeof listChunks>) =>
  Buffer.concat(Array.from(listChunks(items, text), (chunk) => Buffer.from(chunk))).toString()
const written = (names: readonly string[], withoutTypes: boolean) => all(names.map(item), { head, tail, withoutTypes })

test('a list of built-in objects has items without kind and apiVersion, one of custom resources with them', () => {
  assert.equal(written(['a', 'b'], true), `${head}{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}`)
  assert.equal(written(['a'], false), `${head}{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}]}`)
  assert.equal(written([], true), `${head}]}`)
})

test('the length is known before', () => {
  for (const names of [[], ['a'], ['a', 'b'.repeat(200_000)], ['a', 'b', 'ü']]) {
    for (const withoutTypes of [true, false]) {
      const text = { head, tail, withoutTypes }
      const length = lengthAround(text, itemsLength(names.map(item), withoutTypes))
      assert.equal(length, Buffer.byteLength(all(names.map(item), text)))
    }
  }
})

test('chunks of any size make up valid JSON', () => {
  for (const length of [1, 1_000, 65_480, 65_535, 65_536, 200_000]) {
    const names = ['a'.repeat(length), 'b', 'c'.repeat(length), 'd'.repeat(40_000)]
    const { items } = JSON.parse(written(names, true)) as { items: { metadata: { name: string } }[] }
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name),
      names,
      `${length}`,
    )
  }
})

test('objects are listed with their revision, before and after they have been read', () => {
  const objects = ['a', 'b'].map((name, index) => {
    const metadata = { name, creationTimestamp: '2026-01-31T12:00:00Z' }
    return new StoredObject(`/a/${name}`, encodeStored({ kind: 'Pod', apiVersion: 'v1', metadata } as never), index + 7)
  })
  for (const withoutTypes of [true, false]) {
    const text = { head, tail, withoutTypes }
    const unread = objects.map((object) => object.withRevision(object.revision))
    const shown = all(unread, text)
    for (const object of objects) object.json()
    assert.equal(shown, all(objects, text))
    assert.equal(shown, `${head}${Buffer.from(itemsText(unread, withoutTypes)).toString().slice(1)}${tail}`)
    assert.equal(lengthAround(text, itemsLength(unread, withoutTypes)), shown.length)
    const { items } = JSON.parse(shown) as { items: { metadata: { resourceVersion: string } }[] }
    assert.deepEqual(
      items.map(({ metadata }) => metadata.resourceVersion),
      ['7', '8'],
    )
  }
})
