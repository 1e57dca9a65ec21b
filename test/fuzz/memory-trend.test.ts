import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesPerRequest } from './memory-trend.ts'

/** A heap that is collected every tenth sample, and keeps `leak` bytes of each request. */
const heap = (leak: number) =>
  Array.from({ length: 200 }, (_, at) => ({ requests: at * 100, bytes: 50e6 + (at % 10) * 20e6 + leak * at * 100 }))

for (const leak of [0, 40, 1000]) {
  test(`of a heap that goes up and down ${leak} bytes a request are kept`, () => {
    assert.equal(bytesPerRequest(heap(leak)), leak)
  })
}

test('a single look tells nothing', () => {
  assert.equal(bytesPerRequest([{ requests: 1, bytes: 1 }]), 0)
})
