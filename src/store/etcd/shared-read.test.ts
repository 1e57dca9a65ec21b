import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../../testing/fake-clock.ts'
import { SharedRead } from './shared-read.ts'

/** Reads that end when the test says so. */
function setUp() {
  const reads: PromiseWithResolvers<number>[] = []
  const shared = new SharedRead(() => {
    const read = Promise.withResolvers<number>()
    reads.push(read)
    return read.promise
  })
  return { reads, shared }
}

test('a read answers only who asked before it began', async () => {
  const { reads, shared } = setUp()
  const first = shared.get()
  await settle()
  const later = [shared.get(), shared.get()]
  await settle()
  assert.equal(reads.length, 1)
  reads[0]?.resolve(1)
  await settle()
  assert.deepEqual([await first, reads.length], [1, 2])
  reads[1]?.resolve(2)
  assert.deepEqual(await Promise.all(later), [2, 2])
})

test('a read that fails fails for its own callers alone', async () => {
  const { reads, shared } = setUp()
  const failing = shared.get()
  await settle()
  const next = shared.get()
  reads[0]?.reject(new Error('lost'))
  await assert.rejects(failing, /lost/)
  await settle()
  reads[1]?.resolve(2)
  assert.equal(await next, 2)
})
