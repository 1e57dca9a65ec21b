import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { appended, shiftOf } from './crc32-append.ts'

test('the checksum of two texts in a row comes from theirs', () => {
  for (const [first, second] of [
    ['', ''],
    ['a', ''],
    ['', 'b'],
    ['a', 'b'],
    ['hello, ', 'world'],
    ['x'.repeat(1_000), 'y'.repeat(70_001)],
    ['{"items":[', '\0'.repeat(300_000)],
  ] as const) {
    assert.equal(appended(crc32(first), crc32(second), shiftOf(second.length)), crc32(first + second))
  }
})
