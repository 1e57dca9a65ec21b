import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Gathered } from './gathered.ts'

/** Pieces of these lengths, no two of whose bytes are the same as those beside them. */
function pieces(lengths: readonly number[]): Buffer[] {
  let next = 0
  return lengths.map((length) => Buffer.from(Array.from({ length }, () => next++ % 251)))
}

function gather(all: readonly Buffer[]): Gathered {
  const gathered = new Gathered()
  for (const piece of all) gathered.add(piece)
  return gathered
}

for (const { what, lengths } of [
  { what: 'nothing', lengths: [] },
  { what: 'one piece', lengths: [10] },
  { what: 'small pieces', lengths: [1, 2, 3, 0, 4] },
  { what: 'large pieces', lengths: [5_000, 4_096, 20_000] },
  { what: 'small pieces around a large one', lengths: [10, 20, 30, 5_000, 40, 50] },
  { what: 'pieces just below and at what counts as large', lengths: [1, 4_095, 4_096, 4_095, 4_096] },
  { what: 'so many small pieces that they fill several blocks', lengths: Array.from({ length: 50 }, () => 1_000) },
  {
    what: 'small pieces that fill a block to its last byte',
    lengths: [1, ...Array.from({ length: 9 }, () => 2_048), 7],
  },
]) {
  test(`${what} come together in order`, () => {
    const all = pieces(lengths)
    const gathered = gather(all)
    assert.deepEqual([gathered.whole(), gathered.length], [Buffer.concat(all), Buffer.concat(all).length])
  })
}

test('one piece is not copied', () => {
  const [piece] = pieces([10]) as [Buffer]
  assert.equal(gather([piece]).whole(), piece)
})

test('small pieces behind the first are copied: they do not keep the large chunks that they were cut from', () => {
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const gathered = gather([Buffer.from('first')])
  for (let n = 0; n < 1_000; n++) gathered.add(chunk.subarray(n, n + 10))
  chunk.fill('written over')
  assert.equal(`${gathered.whole()}`, `first${'x'.repeat(10_000)}`)
})
