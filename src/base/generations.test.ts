import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Generations } from './generations.ts'

/** With a timer that the test fires. */
function generations(maxBytes: number) {
  const timers: (() => void)[] = []
  const kept = new Generations<string, string>({ maxBytes, after: (_ms, fire) => void timers.push(fire) })
  return { kept, timers, pass: () => timers.shift()?.() }
}

test('what is asked for stays, what is not goes, and the bound is kept', () => {
  const { kept } = generations(8)
  for (const key of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    kept.set(key, key, 1)
    kept.get('a')
    assert.ok(kept.bytes <= 8, `${kept.bytes}`)
  }
  assert.deepEqual(
    ['a', 'b', 'h'].map((key) => kept.get(key)),
    ['a', undefined, 'h'],
  )
})

test('a value takes the place of the one before it', () => {
  const { kept } = generations(8)
  kept.set('a', 'one', 2)
  kept.set('a', 'two', 1)
  assert.deepEqual([kept.get('a'), kept.bytes], ['two', 1])
})

test('one that would take the place of most others is not kept', () => {
  const { kept, timers } = generations(8)
  kept.set('a', 'a', 3)
  assert.deepEqual([kept.get('a'), kept.bytes, timers.length], [undefined, 0, 0])
})

test('what nobody asks for any more goes with the time, and then no timer is left', () => {
  const { kept, timers, pass } = generations(8)
  kept.set('a', 'a', 1)
  kept.set('b', 'b', 1)
  pass()
  kept.get('a')
  pass()
  assert.deepEqual([kept.get('a'), kept.get('b')], ['a', undefined])
  pass()
  pass()
  assert.deepEqual([kept.get('a'), kept.bytes, timers.length], [undefined, 0, 0])
})
