import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesPerRequest } from './memory-trend.ts'

/** Caches fill in the first half; then `leak` bytes of each request stay. */
const memory = (leak: number) =>
  Array.from({ length: 10 }, (_, at) => ({
    requests: at * 100,
    bytes: 50e6 + Math.min(at, 5) * 20e6 + leak * at * 100,
  }))

for (const leak of [0, 40, 1000]) {
  test(`of memory whose caches are full ${leak} bytes a request are kept`, () => {
    assert.equal(bytesPerRequest(memory(leak)), leak)
  })
}

test('a single look tells nothing', () => {
  assert.equal(bytesPerRequest([{ requests: 1, bytes: 1 }]), 0)
})
