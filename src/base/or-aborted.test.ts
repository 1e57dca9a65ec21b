import assert from 'node:assert/strict'
import { test } from 'node:test'
import { orAborted } from './or-aborted.ts'

const never = new Promise<never>(() => {})

test('a wait that the signal ends rejects with its reason, whether it aborts before or meanwhile', async () => {
  const stop = new AbortController()
  const waiting = orAborted(never, stop.signal)
  stop.abort(new Error('stopping'))
  await assert.rejects(waiting, /stopping/)
  await assert.rejects(orAborted(never, stop.signal), /stopping/)
})

test('a promise that settles first is answered as it is', async () => {
  const { signal } = new AbortController()
  assert.equal(await orAborted(Promise.resolve(1), signal), 1)
  await assert.rejects(orAborted(Promise.reject(new Error('fault')), signal), /fault/)
})
