import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { Event } from '../../types/events.v1.ts'
import { ageOf, humanDuration } from '../printing/age.ts'
import { semanticEqual } from '../validation/equality.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkDns1123Subdomain, checkQualifiedName } from '../validation/names.ts'

type ReadonlyEvent = DeepReadonly<Event>

/**
 * events.k8s.io/v1 Event: a view of core/v1 Event (`conversion.ts`) with stricter rules. Errors name the fields as
 * core/v1 does, as upstream's do. Upstream: pkg/apis/core/validation/events.go.
 */
export const newEvents = defineResource<Event>('events.k8s.io/v1', 'events', {
  validate: (event, old) => (old ? [] : collect((errors) => checkEvent(event, errors))),
  validateUpdate: (event, { old }) => collect((errors) => checkUpdate(event, old, errors)),
  generation: false,
  createOnUpdate: true,
  selectableFields: {
    reason: ({ reason }) => reason ?? '',
    'regarding.kind': ({ regarding }) => regarding?.kind ?? '',
    'regarding.namespace': ({ regarding }) => regarding?.namespace ?? '',
    'regarding.name': ({ regarding }) => regarding?.name ?? '',
    'regarding.uid': ({ regarding }) => regarding?.uid ?? '',
    'regarding.apiVersion': ({ regarding }) => regarding?.apiVersion ?? '',
    'regarding.resourceVersion': ({ regarding }) => regarding?.resourceVersion ?? '',
    'regarding.fieldPath': ({ regarding }) => regarding?.fieldPath ?? '',
    reportingController: ({ reportingController }) => reportingController ?? '',
    type: ({ type }) => type ?? '',
  },
  columns: [
    { header: 'Last Seen', cell: lastSeen },
    { header: 'Type', cell: ({ type }) => type ?? '' },
    { header: 'Reason', cell: ({ reason }) => reason ?? '' },
    { header: 'Object', cell: ({ regarding }) => `${(regarding?.kind ?? '').toLowerCase()}/${regarding?.name ?? ''}` },
    { header: 'Subobject', priority: 1, cell: ({ regarding }) => regarding?.fieldPath ?? '' },
    { header: 'Source', priority: 1, cell: sourceText },
    { header: 'Message', cell: ({ note = '' }) => note.trim() },
    { header: 'First Seen', priority: 1, cell: firstSeen },
    { header: 'Count', priority: 1, cell: countOf },
    { header: 'Name', format: 'name', priority: 1, cell: ({ metadata }) => metadata.name },
  ],
})

const MAX_TEXT = 128
const MAX_NOTE = 1024

function checkEvent(event: ReadonlyEvent, errors: FieldErrors): void {
  if (event.eventTime) checkReport(event, errors)
  checkNamespace(event, errors)
  checkDns1123Subdomain(event.metadata.namespace ?? '', 'namespace', errors)
  checkSeries(event, errors)
  if (!event.eventTime) errors.required('eventTime')
  if (event.type !== 'Normal' && event.type !== 'Warning') {
    errors.invalid('type', '', `has invalid value: ${event.type ?? ''}`)
  }
  checkDeprecated(event, errors)
}

/** Events on cluster-scoped objects live in `default` (or kube-system), all others beside their object. */
function checkNamespace({ metadata, regarding, eventTime }: ReadonlyEvent, errors: FieldErrors): void {
  const namespace = regarding?.namespace ?? ''
  const homes = eventTime ? ['default', 'kube-system'] : ['default', '']
  const fits = namespace === '' ? homes.includes(metadata.namespace) : eventTime || namespace === metadata.namespace
  if (!fits) errors.invalid('involvedObject.namespace', namespace, 'does not match event.namespace')
}

function checkReport(event: ReadonlyEvent, errors: FieldErrors): void {
  const controller = event.reportingController ?? ''
  if (controller === '') errors.required('reportingController')
  checkQualifiedName(controller, 'reportingController', errors)
  for (const field of ['reportingInstance', 'action', 'reason'] as const) {
    const text = event[field] ?? ''
    if (text === '') errors.required(field)
    if (text.length > MAX_TEXT) errors.invalid(field, '', `can have at most ${MAX_TEXT} characters`)
  }
  if ((event.note ?? '').length > MAX_NOTE) errors.invalid('message', '', `can have at most ${MAX_NOTE} characters`)
}

function checkSeries({ series }: ReadonlyEvent, errors: FieldErrors): void {
  if (!series) return
  if (series.count < 2) errors.invalid('series.count', '', 'should be at least 2')
  if (!series.lastObservedTime) errors.required('series.lastObservedTime')
}

function checkDeprecated(event: ReadonlyEvent, errors: FieldErrors): void {
  const source = event.deprecatedSource
  const unset = {
    firstTimestamp: event.deprecatedFirstTimestamp,
    lastTimestamp: event.deprecatedLastTimestamp,
    count: event.deprecatedCount,
    source: source?.component || source?.host,
  }
  for (const [field, value] of Object.entries(unset)) if (value) errors.invalid(field, '', 'needs to be unset')
}

/** All but the series; named as core/v1 names them. */
const FIXED = {
  regarding: 'involvedObject',
  reason: 'reason',
  note: 'message',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
  type: 'type',
  eventTime: 'eventTime',
  action: 'action',
  related: 'related',
  reportingController: 'reportingController',
  reportingInstance: 'reportingInstance',
} as const

function checkUpdate(event: ReadonlyEvent, old: ReadonlyEvent, errors: FieldErrors): void {
  checkSeries(event, errors)
  for (const [field, name] of Object.entries(FIXED)) {
    const [value, before] = [event[field as keyof typeof FIXED], old[field as keyof typeof FIXED]]
    if (!semanticEqual(value, before)) errors.invalid(name, value ?? null, 'field is immutable')
  }
}

function firstSeen({ deprecatedFirstTimestamp: first, eventTime }: ReadonlyEvent, now: number): string {
  return ageOf(first || eventTime, now)
}

function lastSeen(event: ReadonlyEvent, now: number): string {
  if (event.series) return humanDuration(now - Date.parse(event.series.lastObservedTime))
  return event.deprecatedLastTimestamp ? ageOf(event.deprecatedLastTimestamp, now) : firstSeen(event, now)
}

function countOf({ series, deprecatedCount }: ReadonlyEvent): number {
  return series?.count ?? (deprecatedCount || 1)
}

function sourceText({ deprecatedSource: source, reportingController, reportingInstance }: ReadonlyEvent): string {
  const component = source?.component || reportingController || ''
  const host = source?.host || reportingInstance || ''
  return host === '' ? component : `${component}, ${host}`
}
