import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatIndexes, parseIndexes } from './index-set.ts'

const texts: { indexes: number[]; text: string }[] = [
  { indexes: [], text: '' },
  { indexes: [0, 1], text: '0,1' },
  { indexes: [4, 2, 3, 0], text: '0,2-4' },
]
for (const { indexes, text } of texts) {
  test(`indexes ${indexes} are written "${text}" and read back`, () => {
    assert.equal(formatIndexes(indexes), text)
    assert.deepEqual([...parseIndexes(text, 10)], [...indexes].sort())
  })
}

test('indexes beyond the completions are left out', () => {
  assert.deepEqual([...parseIndexes('0,2-4', 3)], [0, 2])
})
