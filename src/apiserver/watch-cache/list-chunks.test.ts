import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listChunks, listLength } from './list-chunks.ts'

const head = '{"kind":"PodList","items":['
const item = (text: string) => ({
  json: () => Buffer.from(`{"kind":"Pod","apiVersion":"v1","metadata":{"name":"${text}"}}`),
})
const written = (names: readonly string[], withoutTypes: boolean) =>
  Buffer.concat([...listChunks(names.map(item), { head, tail: ']}', withoutTypes })]).toString()

test('a list of built-in objects has items without kind and apiVersion, one of custom resources with them', () => {
  assert.equal(written(['a', 'b'], true), `${head}{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}`)
  assert.equal(written(['a'], false), `${head}{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}]}`)
  assert.equal(written([], true), `${head}]}`)
})

test('the length is known before', () => {
  for (const names of [[], ['a'], ['a', 'b'.repeat(200_000)], ['a', 'b', 'ü']]) {
    for (const withoutTypes of [true, false]) {
      const text = { head, tail: ']}', withoutTypes }
      assert.equal(listLength(names.map(item), text), Buffer.concat([...listChunks(names.map(item), text)]).length)
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
