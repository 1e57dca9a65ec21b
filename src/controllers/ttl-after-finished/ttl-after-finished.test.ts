import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerBench } from '../../testing/controller-bench.ts'
import { ttlAfterFinishedController } from './ttl-after-finished.ts'

const job = (ttlSecondsAfterFinished: number | undefined, condition: object | undefined) => ({
  metadata: { name: 'j', namespace: 'ns' },
  spec: ttlSecondsAfterFinished === undefined ? {} : { ttlSecondsAfterFinished },
  status: condition ? { conditions: [condition] } : {},
})
const ended = (type: string, status = 'True') => ({ type, status, lastTransitionTime: '2026-01-01T00:00:00Z' })

const cases = [
  { title: 'complete', job: job(60, ended('Complete')), goes: true },
  { title: 'failed', job: job(60, ended('Failed')), goes: true },
  { title: 'still running', job: job(60, undefined), goes: false },
  { title: 'about to fail', job: job(60, ended('FailureTarget')), goes: false },
  { title: 'not complete any more', job: job(60, ended('Complete', 'False')), goes: false },
  { title: 'without a time to live', job: job(undefined, ended('Complete')), goes: false },
]
for (const { title, job, goes } of cases) {
  test(`a job that is ${title} ${goes ? 'goes when its time is over' : 'stays'}`, async (t) => {
    const bench = controllerBench(t, ttlAfterFinishedController)
    bench.put('jobs', job)
    await bench.clock.advance(59_000)
    assert.equal(bench.all('jobs').length, 1)
    await bench.clock.advance(2_000)
    assert.equal(bench.all('jobs').length, goes ? 0 : 1)
  })
}

test('a job goes with its pods, foreground, and only as it was judged', async (t) => {
  const bench = controllerBench(t, ttlAfterFinishedController)
  bench.put('jobs', job(0, ended('Complete')))
  await bench.rest()
  const body = bench.api.requests.find(({ verb }) => verb === 'delete')?.body as Record<string, object>
  assert.equal(body.propagationPolicy, 'Foreground')
  assert.deepEqual(Object.keys(body.preconditions ?? {}), ['uid', 'resourceVersion'])
})

test('a time to live that was raised meanwhile counts', async (t) => {
  const bench = controllerBench(t, ttlAfterFinishedController)
  bench.put('jobs', job(60, ended('Complete')))
  await bench.clock.advance(30_000)
  bench.put('jobs', job(120, ended('Complete')))
  await bench.clock.advance(60_000)
  assert.equal(bench.all('jobs').length, 1)
  await bench.clock.advance(31_000)
  assert.deepEqual(bench.all('jobs'), [])
})
