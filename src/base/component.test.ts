import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Component, runUpon } from './component.ts'

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

function part(name: string, log: string[], fault?: Promise<void>): Component {
  return {
    name,
    async run(signal) {
      await Promise.race([aborted(signal), fault ?? aborted(signal)])
      await new Promise((resolve) => setImmediate(resolve)) // its last words take a moment
      log.push(name)
    },
  }
}

test('what stands upon others stops before them', async () => {
  const log: string[] = []
  const stop = new AbortController()
  const running = runUpon([part('server', log), part('store', log)], part('controllers', log), stop.signal)
  stop.abort()
  await running
  assert.deepEqual(log, ['controllers', 'server', 'store'])
})

test('what fails because it is stopped has not failed', async () => {
  const log: string[] = []
  const stop = new AbortController()
  const starting: Component = {
    name: 'controllers',
    run: (signal) => aborted(signal).then(() => Promise.reject(new Error('aborted while it started'))),
  }
  const running = runUpon([part('server', log)], starting, stop.signal)
  stop.abort()
  await running
  assert.deepEqual(log, ['server'])
})

test('a fault below stops what stands upon it, and a fault above what it stands upon', async () => {
  const fault = Promise.reject(new Error('the disk is gone'))
  fault.catch(() => {})
  const { signal } = new AbortController()
  const log: string[] = []
  await assert.rejects(
    runUpon([part('store', log, fault)], part('controllers', log), signal),
    /store failed: the disk is gone/,
  )
  await assert.rejects(
    runUpon([part('store', log)], part('controllers', log, fault), signal),
    /controllers failed: the disk is gone/,
  )
  assert.deepEqual(log, ['controllers', 'store'])
})
