import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownBytes } from './own-bytes.ts'

for (const text of ['', 'a', 'ä€😀', 'x'.repeat(100_000)]) {
  test(`${text.length} characters are in memory of their own`, () => {
    const bytes = ownBytes(text)
    assert.deepEqual([bytes.toString(), bytes.buffer.byteLength], [text, Buffer.byteLength(text)])
  })
}
