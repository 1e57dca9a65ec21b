import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import { MemoryStore } from '../memory/memory-store.ts'
import { copyState } from './copy-state.ts'
import type { StateEntry, StateSource } from './state-source.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (value: Uint8Array) => new TextDecoder().decode(value)

function sourceOf(entries: readonly StateEntry[]): StateSource {
  return {
    revision: 10,
    count: entries.length,
    async *entries() {
      yield* entries
    },
    async [Symbol.asyncDispose]() {},
  }
}

const many = Array.from({ length: 1_234 }, (_, n) => ({ key: `/registry/${n}`, value: bytes(`value ${n}`) }))

async function copied(source: StateSource, prepare: (target: MemoryStore) => Promise<unknown>) {
  const clock = new FakeClock()
  await using target = new MemoryStore({ clock })
  await prepare(target)
  const progress: string[] = []
  const options = { clock, onProgress: (step: string, done: number) => progress.push(`${step} ${done}`) }
  const count = await copyState(source, target, options)
  return { count, progress, there: (await target.list('')).entries }
}

test('everything is copied, compared, and progress is told', async () => {
  const { count, progress, there } = await copied(sourceOf(many), async () => {})
  assert.equal(count, many.length)
  assert.deepEqual(progress, ['copied 1000', 'copied 1234', 'verified 1234'])
  assert.deepEqual(
    there.map(({ key, value }) => [key, text(value)]).sort(),
    many.map(({ key, value }) => [key, text(value)]).sort(),
  )
})

test('an interrupted copy goes on: what is there with the same value is left', async () => {
  const { count, there } = await copied(sourceOf(many), async (target) => {
    for (const { key, value } of many.slice(0, 100)) await target.put(key, value, 0)
  })
  assert.equal(count, many.length)
  assert.equal(there.find(({ key }) => key === '/registry/0')?.revision, 2)
})

const foreign: [what: string, key: string][] = [
  ['another key', '/registry/other'],
  ['another value of a key', '/registry/5'],
]
for (const [what, key] of foreign) {
  test(`a target with ${what} is refused before anything is written`, async () => {
    const clock = new FakeClock()
    await using target = new MemoryStore({ clock })
    await target.put(key, bytes('mine'), 0)
    await assert.rejects(copyState(sourceOf(many), target, { clock }), {
      name: 'TargetNotEmpty',
      message: `the target is not empty: it has ${key}`,
    })
    assert.equal(target.revision(), 2)
  })
}

test('a key keeps what is left of its time to live, and one whose time is over is not copied', async () => {
  const clock = new FakeClock()
  await using target = new MemoryStore({ clock })
  const entries = [
    { key: '/a', value: bytes('1'), expires: clock.now() + 30_000 },
    { key: '/b', value: bytes('1'), expires: clock.now() - 1 },
    { key: '/c', value: bytes('1') },
  ]
  assert.equal(await copyState(sourceOf(entries), target, { clock }), 2)
  await clock.advance(30_001)
  assert.deepEqual(
    (await target.list('')).entries.map(({ key }) => key),
    ['/c'],
  )
})

test('a copy that differs is found out', async () => {
  const clock = new FakeClock()
  await using target = new MemoryStore({ clock })
  const put = target.put.bind(target)
  target.put = (key, value, expected) => put(key, key === '/registry/7' ? bytes('spoiled') : value, expected)
  await assert.rejects(copyState(sourceOf(many), target, { clock }), {
    name: 'CopyDiffers',
    message: 'the copy differs from its source: the value of /registry/7 is another one',
  })
})
