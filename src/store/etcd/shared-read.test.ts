import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, settle } from '../../testing/fake-clock.ts'
import { SharedRead } from './shared-read.ts'

/** Reads that end when the test says so. */
function setUp() {
  const reads: PromiseWithResolvers<number>[] = []
  const clock = new FakeClock()
  const shared = new SharedRead(clock, () => {
    const read = Promise.withResolvers<number>()
    reads.push(read)
    return read.promise
  })
  const ask = (callers: number) => Promise.all(Array.from({ length: callers }, () => shared.get()))
  return { clock, reads, shared, ask }
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

test('a read waits for as many callers as the last one had', async () => {
  const { reads, ask } = setUp()
  const crowd = ask(8)
  await settle()
  reads[0]?.resolve(1)
  await crowd
  const early = ask(5)
  await settle()
  assert.equal(reads.length, 1)
  const late = ask(4)
  await settle()
  reads[1]?.resolve(2)
  assert.deepEqual([reads.length, new Set([...(await early), ...(await late)])], [2, new Set([2])])
})

test('callers that do not come are waited for once, and a millisecond at most', async () => {
  const { clock, reads, ask } = setUp()
  const crowd = ask(8)
  await settle()
  reads[0]?.resolve(1)
  await crowd
  const alone = ask(1)
  await settle()
  assert.equal(reads.length, 1)
  await clock.advance(1)
  reads[1]?.resolve(2)
  assert.deepEqual(await alone, [2])
  const next = ask(1)
  await settle()
  assert.equal(reads.length, 3)
  reads[2]?.resolve(3)
  assert.deepEqual(await next, [3])
})

test('a read for a few callers waits for nobody', async () => {
  const { reads, ask } = setUp()
  const few = ask(3)
  await settle()
  reads[0]?.resolve(1)
  await few
  void ask(1)
  await settle()
  assert.equal(reads.length, 2)
})
