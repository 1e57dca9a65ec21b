import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { RequestBatch } from './request-batch.ts'

test('what comes in one turn begins together at its end, in order, and no more at a time than said', async () => {
  const batch = new RequestBatch(2)
  const begun: number[] = []
  for (const request of [1, 2, 3]) batch.add(() => begun.push(request))
  assert.deepEqual([begun, batch.isEmpty], [[], false])
  await nextTurn()
  assert.deepEqual(begun, [1, 2])
  batch.add(() => begun.push(4)) // behind those that wait
  await nextTurn()
  assert.deepEqual([begun, batch.isEmpty], [[1, 2, 3, 4], true])
})
