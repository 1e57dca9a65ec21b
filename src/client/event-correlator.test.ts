import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EventDraft } from './event-correlator.ts'
import { EventCorrelator } from './event-correlator.ts'

const draft = (message: string, reason = 'Failed'): EventDraft => ({
  metadata: { name: `p.${message}`, namespace: 'ns' },
  involvedObject: { kind: 'Pod', namespace: 'ns', name: 'p', uid: 'u' },
  source: { component: 'kubelet' },
  type: 'Warning',
  reason,
  message,
  count: 1,
  firstTimestamp: '2026-01-01T00:00:00Z',
})

test('an event that repeats raises the count of the first', () => {
  const correlator = new EventCorrelator()
  correlator.correlate(draft('m'), 0)
  const again = correlator.correlate({ ...draft('m'), metadata: { name: 'p.other', namespace: 'ns' } }, 1000)
  assert.deepEqual(
    again.action === 'repeat' && [again.event.metadata.name, again.event.count, again.event.firstTimestamp],
    ['p.m', 2, '2026-01-01T00:00:00Z'],
  )
})

test('the tenth message under one reason is combined with those that follow', () => {
  const correlator = new EventCorrelator()
  const outcomes = Array.from({ length: 11 }, (_, index) => correlator.correlate(draft(`m${index}`), index))
  assert.deepEqual(
    outcomes.slice(8).map((outcome) => outcome.action !== 'drop' && [outcome.action, outcome.event.message]),
    [
      ['create', 'm8'],
      ['create', '(combined from similar events): m9'],
      ['repeat', '(combined from similar events): m10'],
    ],
  )
})

test('about one object 25 events pass, then one in five minutes', () => {
  const correlator = new EventCorrelator()
  const passed = (ms: number) => correlator.correlate(draft('m'), ms).action !== 'drop'
  assert.equal(Array.from({ length: 30 }, () => passed(0)).filter(Boolean).length, 25)
  assert.deepEqual([passed(299_000), passed(301_000), passed(302_000)], [false, true, false])
})
