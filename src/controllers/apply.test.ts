import assert from 'node:assert/strict'
import { test } from 'node:test'
import { apply, applySlowly } from './apply.ts'

const { signal } = new AbortController()
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

/** Runs steps, noting how many run at once and which began. */
function tracker(failing: (step: number) => boolean = () => false) {
  const state = { running: 0, most: 0, began: [] as number[], ended: 0 }
  const run = async (step: number) => {
    state.began.push(step)
    state.most = Math.max(state.most, ++state.running)
    await new Promise((resolve) => setImmediate(resolve))
    state.running--
    state.ended++
    if (failing(step)) throw new Error(`step ${step}`)
  }
  return { state, run }
}

test('all steps are carried out, no more than allowed at once', async () => {
  const { state, run } = tracker()
  await apply(numbers(20), run, { parallel: 3, signal })
  assert.deepEqual([state.began, state.most], [numbers(20), 3])
})

test('after a failure no step begins, those that run end first, and the first failure is thrown', async () => {
  const { state, run } = tracker((step) => step >= 4)
  await assert.rejects(apply(numbers(20), run, { parallel: 3, signal }), /step 4/)
  assert.equal(state.began.length, state.ended)
  assert.ok(state.began.length <= 7)
})

test('steps that are left when the signal aborts are not carried out', async () => {
  const { state, run } = tracker()
  await assert.rejects(apply(numbers(3), run, { signal: AbortSignal.abort(new Error('stop')) }), /stop/)
  assert.deepEqual(state.began, [])
})

test('slowly: batches double, so that few are tried when all would fail', async () => {
  const { state, run } = tracker((step) => step === 3)
  const { succeeded, error } = await applySlowly(numbers(20), run, { signal })
  assert.deepEqual([succeeded, (error as Error).message, state.began], [6, 'step 3', numbers(7)])
})

test('slowly: a batch is never larger than allowed', async () => {
  const { state, run } = tracker()
  assert.deepEqual(await applySlowly(numbers(20), run, { parallel: 4, signal }), { succeeded: 20 })
  assert.equal(state.most, 4)
})
