import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WriteBlocks } from './write-blocks.ts'

test('what is free is let go after 10 s', ({ mock }) => {
  const memory = new WriteBlocks()
  mock.timers.enable({ apis: ['setTimeout'] })
  const block = memory.take(200_000)
  memory.give(block)
  mock.timers.tick(10_000)
  assert.notEqual(memory.take(200_000), block)
})

test('a block is as long as is asked for, at least', () => {
  const memory = new WriteBlocks()
  const asked = [1, 4_096, 4_097, 24_576, 24_577, 294_912, 294_913, 1_000_000]
  assert.deepEqual(
    asked.map((bytes) => memory.take(bytes).length),
    [4_096, 4_096, 24_576, 24_576, 294_912, 294_912, 294_913, 1_000_000],
  )
})

test('a block that was given back is the next of its size, and nobody else has it', () => {
  const memory = new WriteBlocks()
  const block = memory.take(100)
  const other = memory.take(100)
  memory.give(block)
  assert.notEqual(memory.take(10_000), block)
  assert.equal(memory.take(4_000), block)
  assert.notEqual(memory.take(4_000), block)
  assert.notEqual(other, block)
})

test('a block of an odd size is not kept', () => {
  const memory = new WriteBlocks()
  const block = memory.take(1_000_000)
  memory.give(block)
  assert.notEqual(memory.take(1_000_000), block)
})

test('of each size so many are kept and no more', () => {
  const memory = new WriteBlocks()
  const blocks = Array.from({ length: 1_000 }, () => memory.take(4_096))
  for (const block of blocks) memory.give(block)
  const again = Array.from({ length: 1_000 }, () => memory.take(4_096))
  assert.equal(again.filter((block) => blocks.includes(block)).length, 64)
  for (const block of again) memory.give(block)
})
