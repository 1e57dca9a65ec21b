import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveBlock, takeBlock } from './write-blocks.ts'

test('what is free is let go after 10 s', ({ mock }) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  const block = takeBlock(200_000)
  giveBlock(block)
  mock.timers.tick(10_000)
  assert.notEqual(takeBlock(200_000), block)
})

test('a block is as long as is asked for, at least', () => {
  const asked = [1, 4_096, 4_097, 24_576, 24_577, 294_912, 294_913, 1_000_000]
  assert.deepEqual(
    asked.map((bytes) => takeBlock(bytes).length),
    [4_096, 4_096, 24_576, 24_576, 294_912, 294_912, 294_913, 1_000_000],
  )
})

test('a block that was given back is the next of its size, and nobody else has it', () => {
  const block = takeBlock(100)
  const other = takeBlock(100)
  giveBlock(block)
  assert.notEqual(takeBlock(10_000), block)
  assert.equal(takeBlock(4_000), block)
  assert.notEqual(takeBlock(4_000), block)
  assert.notEqual(other, block)
})

test('a block of an odd size is not kept', () => {
  const block = takeBlock(1_000_000)
  giveBlock(block)
  assert.notEqual(takeBlock(1_000_000), block)
})

test('of each size so many are kept and no more', () => {
  const blocks = Array.from({ length: 1_000 }, () => takeBlock(4_096))
  for (const block of blocks) giveBlock(block)
  const again = Array.from({ length: 1_000 }, () => takeBlock(4_096))
  assert.equal(again.filter((block) => blocks.includes(block)).length, 64)
  for (const block of again) giveBlock(block)
})
