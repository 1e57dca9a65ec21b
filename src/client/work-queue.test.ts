import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../testing/fake-clock.ts'
import { WorkQueue } from './work-queue.ts'

const never = new AbortController().signal
const setup = () => {
  const clock = new FakeClock()
  return { clock, queue: new WorkQueue<string>({ clock }) }
}

test('keys come out in the order of arrival, each once', async () => {
  const { queue } = setup()
  for (const key of ['a', 'b', 'a']) queue.add(key)
  assert.deepEqual([await queue.take(never), await queue.take(never), queue.depth], ['a', 'b', 0])
})

test('a key added while being worked on comes out again when done', async () => {
  const { queue } = setup()
  queue.add('a')
  await queue.take(never)
  queue.add('a')
  queue.add('b')
  assert.equal(await queue.take(never), 'b')
  queue.done('a')
  assert.equal(await queue.take(never), 'a')
})

test('a waiting worker gets the next key, and undefined when aborted', async () => {
  const { queue } = setup()
  const stop = new AbortController()
  const [first, second] = [queue.take(stop.signal), queue.take(stop.signal)]
  queue.add('a')
  stop.abort()
  assert.deepEqual(await Promise.all([first, second]), ['a', undefined])
})

test('retries double from 5 ms to 1,000 s until forgotten', async () => {
  const { clock, queue } = setup()
  const delays: number[] = []
  for (let failure = 0; failure < 20; failure++) {
    const before = clock.monotonic()
    queue.retry('a')
    while (queue.depth === 0) await clock.advance(queue.failures('a') > 12 ? 1000 : 5)
    delays.push(clock.monotonic() - before)
    await queue.take(never)
    queue.done('a')
  }
  assert.deepEqual(delays.slice(0, 5), [5, 10, 20, 40, 80])
  assert.equal(delays.at(-1), 1_000_000)
  queue.forget('a')
  assert.equal(queue.failures('a'), 0)
})

test('of several delays for a key the earliest counts, and one timer serves all keys', async () => {
  const { clock, queue } = setup()
  queue.addAfter('a', 300)
  queue.addAfter('a', 100)
  queue.addAfter('b', 200)
  assert.equal(clock.pending, 1)
  await clock.advance(150)
  assert.deepEqual([await queue.take(never), queue.depth], ['a', 0])
  await clock.advance(150)
  assert.deepEqual([await queue.take(never), queue.depth], ['b', 0])
  assert.equal(clock.pending, 0)
})
