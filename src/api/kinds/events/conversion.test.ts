import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../types/events.v1.ts'
import { eventV1 } from './conversion.ts'

const event = {
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'e', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '2024-01-01T00:00:00Z' },
  eventTime: '2024-01-01T00:00:00.000000Z',
  series: { count: 2, lastObservedTime: '2024-01-01T00:00:01.000000Z' },
  reportingController: 'example.com/c',
  reportingInstance: 'c-1',
  action: 'Binding',
  reason: 'Did',
  regarding: { kind: 'Pod', name: 'p', namespace: 'a' },
  note: 'a note',
  type: 'Normal',
  deprecatedSource: {},
  deprecatedFirstTimestamp: null,
  deprecatedLastTimestamp: null,
} as unknown as Event

test('an event is the same after the way to core/v1 and back', () => {
  assert.deepEqual(eventV1.to(eventV1.from(event)), event)
})

test('in core/v1 an event has the older names', () => {
  const { involvedObject, message, reportingComponent } = eventV1.from(event)
  assert.deepEqual(
    { involvedObject, message, reportingComponent },
    { involvedObject: event.regarding, message: 'a note', reportingComponent: 'example.com/c' },
  )
})
