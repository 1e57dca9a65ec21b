import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../api/types/core.v1.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import type { FailureReport } from './failure-reports.ts'
import { FailureReports } from './failure-reports.ts'

function report(name: string, message = 'no room'): FailureReport {
  const metadata = { name, namespace: 'ns', uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' }
  const pod: Pod = { metadata, spec: { containers: [] }, status: {} }
  return { pod, reason: 'Unschedulable', message }
}

function setUp() {
  const clock = new FakeClock()
  const told: string[] = []
  const state = { room: Number.POSITIVE_INFINITY }
  const tell = ({ pod, message }: FailureReport) => void told.push(`${pod.metadata.name}: ${message}`)
  const reports = new FailureReports({ clock, room: () => state.room, tell })
  /** Reports of `pod-<from>` to before `pod-<to>`. */
  const flood = (from: number, to: number) => {
    for (let index = from; index < to; index++) reports.report(report(`pod-${index}`))
  }
  return { clock, reports, state, flood, told, takeTold: () => told.splice(0) }
}

test('failure reports: few are told as they come, each time anew', () => {
  const { reports, clock, told } = setUp()
  reports.report(report('a'))
  reports.report(report('a', 'still no room'))
  assert.deepEqual([told, clock.pending], [['a: no room', 'a: still no room'], 0])
})

test('failure reports: of a flood 200 are told at once, then 100 a second, none is lost', async () => {
  const { clock, flood, told } = setUp()
  flood(0, 1000)
  const counts = [told.length]
  for (let second = 1; second <= 9; second++) {
    await clock.advance(1000)
    counts.push(told.length)
  }
  assert.deepEqual(counts, [200, 300, 400, 500, 600, 700, 800, 900, 1000, 1000])
  assert.equal(clock.pending, 0)
})

test('failure reports: the pods that were refused first are told of first', async () => {
  const { clock, flood, reports, told } = setUp()
  flood(0, 203)
  reports.report(report('pod-200', 'again'))
  await clock.advance(1000)
  assert.deepEqual(told.slice(200), ['pod-200: again', 'pod-201: no room', 'pod-202: no room'])
})

test('failure reports: of several of a pod that wait the last is told, once', async () => {
  const { clock, flood, reports, takeTold } = setUp()
  flood(0, 200)
  takeTold()
  for (const message of ['one', 'two', 'three']) reports.report(report('late', message))
  await clock.advance(1000)
  assert.deepEqual(takeTold(), ['late: three'])
})

test('failure reports: a pod that is forgotten while it waits is not told of', async () => {
  const { clock, flood, reports, takeTold } = setUp()
  flood(0, 202)
  takeTold()
  reports.forget('pod-200')
  await clock.advance(1000)
  assert.deepEqual(takeTold(), ['pod-201: no room'])
})

test('failure reports: when none waits any more the next flood finds its allowance grown by the time between', async () => {
  const { clock, flood, takeTold } = setUp()
  flood(0, 200)
  await clock.advance(1000)
  takeTold()
  flood(200, 400)
  assert.equal(takeTold().length, 100)
  await clock.advance(60_000)
  takeTold()
  flood(400, 1000)
  assert.equal(takeTold().length, 200)
})

test('failure reports: what could be lost on the way waits until there is room', async () => {
  const { clock, flood, state, takeTold } = setUp()
  state.room = 3
  flood(0, 1)
  state.room = 0
  flood(1, 4)
  await clock.advance(5000)
  assert.deepEqual(takeTold(), ['pod-0: no room'])
  state.room = 2
  await clock.advance(100)
  assert.deepEqual(takeTold(), ['pod-1: no room', 'pod-2: no room'])
  await clock.advance(100)
  assert.deepEqual(takeTold(), ['pod-3: no room'])
})

test('failure reports: nothing is told after the end, and no timer stays', async () => {
  const { clock, flood, reports, takeTold } = setUp()
  flood(0, 300)
  takeTold()
  reports.close()
  assert.equal(clock.pending, 0)
  await clock.advance(10_000)
  assert.deepEqual(takeTold(), [])
})

test('failure reports: no timer stays when the last that waited is forgotten', () => {
  const { clock, flood, reports } = setUp()
  flood(0, 201)
  reports.forget('pod-200')
  assert.equal(clock.pending, 0)
})
