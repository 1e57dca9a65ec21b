import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inParallel } from './in-parallel.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('every item has its turn, and no more than the limit at once', async () => {
  const done: number[] = []
  let [now, most] = [0, 0]
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++now)
    await turn()
    now--
    done.push(item)
  })
  assert.deepEqual([done, most], [[1, 2, 3, 4, 5, 6, 7], 3])
})

test('after a failure nothing more is begun, and what is under way comes to its end', async () => {
  const done: number[] = []
  const failing = inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    await turn()
    if (item === 2) throw new Error('no')
    await turn()
    done.push(item)
  })
  await assert.rejects(failing, /^Error: no$/)
  assert.deepEqual(done, [1])
})

test('nothing to do is done at once', async () => {
  await inParallel([], 8, () => assert.fail('called'))
})
