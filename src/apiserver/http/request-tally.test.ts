import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock } from '../../testing/fake-clock.ts'
import { ApiMetrics } from './metrics.ts'
import { RequestTally } from './request-tally.ts'

function setup() {
  const clock = new FakeClock()
  const metrics = new ApiMetrics()
  return { clock, metrics, tally: new RequestTally({ clock, metrics }) }
}

test('a request is over when it has been dealt with', () => {
  const { metrics, tally } = setup()
  const during = metrics.inFlight()
  assert.deepEqual([during, tally.dealtWith(), metrics.inFlight()], [1, undefined, 0])
})

test('a request whose answer goes on lasts as long as that', async () => {
  const { clock, metrics, tally } = setup()
  let endAnswer = () => {}
  tally.goesOn({
    whenEnded(ended) {
      endAnswer = ended
    },
  })
  let isOver = false
  tally.dealtWith()?.whenEnded(() => {
    isOver = true
  })
  await clock.advance(2_000)
  const during = [isOver, metrics.inFlight()]
  endAnswer()
  assert.deepEqual(
    [during, [isOver, metrics.inFlight()]],
    [
      [false, 1],
      [true, 0],
    ],
  )
  assert.match(await metrics.text(), /^apiserver_request_duration_seconds_sum\{.*\} 2$/m)
})
