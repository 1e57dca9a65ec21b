import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedBatches } from './shared-batches.ts'

const [a, b, c] = ['a', 'b', 'c'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer]

test('the same frames in the same turn are put together once, others for themselves', async () => {
  const batches = new SharedBatches()
  const first = batches.join([a, b])
  const other = batches.join([a, c])
  assert.deepEqual([String(first.bytes), String(other.bytes)], ['ab', 'ac'])
  assert.equal(batches.join([a, b]), first)
  assert.notEqual(batches.join([a, Buffer.from('b')]), first)
  await new Promise(setImmediate)
  assert.notEqual(batches.join([a, b]), first)
})

test('a single frame goes out as it is', () => {
  assert.equal(new SharedBatches().join([a]).bytes, a)
})

test('as a chunk of HTTP/1.1 its length stands before it', () => {
  const chunk = new SharedBatches().join([a, Buffer.from('x'.repeat(16))])
  assert.equal(String(chunk.framed), `11\r\na${'x'.repeat(16)}\r\n`)
  assert.equal(chunk.framed, chunk.framed)
})
