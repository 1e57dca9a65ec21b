import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Event as CoreEvent } from '../../types/core.v1.ts'
import type { Event } from '../../types/events.v1.ts'

/** events.k8s.io/v1 Event to and from core/v1, in which it is stored. Parts are shared with the input, not copied. */
export const eventV1 = { from, to }

function from(event: DeepReadonly<Event>): CoreEvent {
  const converted: DeepReadonly<CoreEvent> = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: event.metadata,
    involvedObject: event.regarding ?? {},
    reason: event.reason,
    message: event.note,
    source: event.deprecatedSource ?? {},
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    count: event.deprecatedCount,
    type: event.type,
    eventTime: event.eventTime,
    series: event.series,
    action: event.action,
    related: event.related,
    reportingComponent: event.reportingController ?? '',
    reportingInstance: event.reportingInstance ?? '',
  }
  return compact(converted) as CoreEvent
}

function to(event: DeepReadonly<CoreEvent>): Event {
  const { series } = event
  const converted: DeepReadonly<Omit<Event, 'eventTime'>> & { eventTime: string | null | undefined } = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: event.metadata,
    eventTime: event.eventTime ?? null,
    series: series && { count: series.count ?? 0, lastObservedTime: series.lastObservedTime ?? '' },
    reportingController: event.reportingComponent || undefined,
    reportingInstance: event.reportingInstance || undefined,
    action: event.action,
    reason: event.reason,
    regarding: event.involvedObject,
    related: event.related,
    note: event.message,
    type: event.type,
    deprecatedSource: event.source ?? {},
    deprecatedFirstTimestamp: event.firstTimestamp,
    deprecatedLastTimestamp: event.lastTimestamp,
    deprecatedCount: event.count,
  }
  return compact({ ...converted, ...nulls(event) }) as Event
}

/** Times without a value are written as null. */
const nulls = ({ firstTimestamp, lastTimestamp }: DeepReadonly<CoreEvent>): object => ({
  deprecatedFirstTimestamp: firstTimestamp ?? null,
  deprecatedLastTimestamp: lastTimestamp ?? null,
})

const compact = (object: object): object =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))
