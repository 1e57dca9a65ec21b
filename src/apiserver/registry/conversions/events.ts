import type { Event as CoreEvent } from '../../../api/types/core.v1.ts'
import type { Event } from '../../../api/types/events.v1.ts'
import { editable } from '../../../base/deep-readonly.ts'
import type { Conversion } from './conversion.ts'

/** events.k8s.io/v1 Events are core/v1 Events under other field names: one stored object has both faces. */
export const events: Conversion<Event, CoreEvent> = {
  toStored(served) {
    const { regarding, note, deprecatedSource, deprecatedFirstTimestamp, deprecatedLastTimestamp, ...rest } =
      editable<Event>(served)
    const { deprecatedCount, reportingController, reportingInstance, ...same } = rest
    return {
      ...same,
      apiVersion: 'v1',
      involvedObject: regarding ?? {},
      ...(note !== undefined && { message: note }),
      source: deprecatedSource ?? {},
      firstTimestamp: deprecatedFirstTimestamp ?? null,
      lastTimestamp: deprecatedLastTimestamp ?? null,
      ...(deprecatedCount !== undefined && { count: deprecatedCount }),
      reportingComponent: reportingController ?? '',
      reportingInstance: reportingInstance ?? '',
    } as CoreEvent
  },

  toServed(stored) {
    const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, ...rest } =
      editable<CoreEvent>(stored)
    const { reportingComponent, reportingInstance, ...same } = rest
    return {
      ...same,
      apiVersion: 'events.k8s.io/v1',
      ...(reportingComponent && { reportingController: reportingComponent }),
      ...(reportingInstance && { reportingInstance }),
      regarding: involvedObject,
      ...(message !== undefined && { note: message }),
      deprecatedSource: source ?? {},
      deprecatedFirstTimestamp: firstTimestamp ?? null,
      deprecatedLastTimestamp: lastTimestamp ?? null,
      ...(count !== undefined && { deprecatedCount: count }),
    } as Event
  },
}
