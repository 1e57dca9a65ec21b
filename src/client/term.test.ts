import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeApi } from '../testing/fake-api.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import { Client } from './clientset.ts'
import { Term, withinTerm } from './term.ts'

/** Of a process that was paused, or a machine that was suspended: time has gone by, and no timer has fired yet. */
class PausableClock extends FakeClock {
  #pausedMs = 0
  #suspendedMs = 0

  override monotonic(): number {
    return super.monotonic() + this.#pausedMs
  }

  override now(): number {
    return super.now() + this.#pausedMs + this.#suspendedMs
  }

  pauseFor(ms: number): void {
    this.#pausedMs += ms
  }

  suspendFor(ms: number): void {
    this.#suspendedMs += ms
  }
}

function setup() {
  const clock = new PausableClock()
  const term = new Term(clock.monotonic(), { clock, renewDeadlineMs: 10_000 })
  const api = new FakeApi({ clock })
  const { configMaps } = new Client(withinTerm(api, term))
  const create = (name: string) =>
    configMaps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } })
  return { clock, term, api, create }
}

test('a term lasts until the deadline after the last renewal was sent', async () => {
  const { clock, term } = setup()
  await clock.advance(9_000)
  term.renewed(clock.monotonic() - 500)
  await clock.advance(9_499)
  assert.equal(term.isOver(), false)
  await clock.advance(1)
  assert.deepEqual([term.signal.aborted, term.isOver(), term.isLost()], [true, true, true])
})

test('a renewal does not revive a term that is over', async () => {
  const { clock, term } = setup()
  await clock.advance(10_000)
  term.renewed(clock.monotonic())
  assert.deepEqual([term.isOver(), clock.pending], [true, 0])
})

test('a leader that was paused beyond its term writes nothing when it goes on, although no timer has fired', async () => {
  const { clock, term, api, create } = setup()
  await create('before')
  clock.pauseFor(10_000)
  assert.equal(term.signal.aborted, false)
  await assert.rejects(create('after'), { code: 503, message: 'this process does not lead any more' })
  assert.deepEqual([api.takeWrites(), term.signal.aborted], [['create configmaps default/before'], true])
})

test('a leader whose machine was suspended writes nothing when it wakes, although its monotonic clock stood still', async () => {
  const { clock, api, create } = setup()
  clock.suspendFor(10_000)
  await assert.rejects(create('after'), { code: 503 })
  assert.deepEqual(api.takeWrites(), [])
})

test('a renewal whose answer came after the machine was suspended does not prolong the term', () => {
  const { clock, term } = setup()
  const sentMs = clock.monotonic()
  clock.suspendFor(10_000)
  term.renewed(sentMs)
  assert.equal(term.isLost(), true)
})

test('a clock that is set back does not prolong a term', async () => {
  const { clock, term } = setup()
  clock.suspendFor(-3_600_000)
  await clock.advance(10_000)
  assert.equal(term.isOver(), true)
})

test('a term that was ended in order is over, not lost', () => {
  const { clock, term } = setup()
  term.end()
  assert.deepEqual([term.isOver(), term.isLost(), clock.pending], [true, false, 0])
})
