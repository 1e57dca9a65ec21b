import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { Event, ObjectReference } from '../../types/core.v1.ts'
import { ageOf } from '../printing/age.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkQualifiedName } from '../validation/names.ts'

type ReadonlyEvent = DeepReadonly<Event>

export const events = defineResource<Event>('v1', 'events', {
  validate: (event) => collect((errors) => (event.eventTime ? checkNewStyle : checkOldStyle)(event, errors)),
  createOnUpdate: true,
  generation: false,
  selectableFields: {
    'involvedObject.kind': ({ involvedObject }) => involvedObject.kind ?? '',
    'involvedObject.namespace': ({ involvedObject }) => involvedObject.namespace ?? '',
    'involvedObject.name': ({ involvedObject }) => involvedObject.name ?? '',
    'involvedObject.uid': ({ involvedObject }) => involvedObject.uid ?? '',
    'involvedObject.apiVersion': ({ involvedObject }) => involvedObject.apiVersion ?? '',
    'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject.resourceVersion ?? '',
    'involvedObject.fieldPath': ({ involvedObject }) => involvedObject.fieldPath ?? '',
    reason: ({ reason }) => reason ?? '',
    reportingComponent: ({ reportingComponent, source }) => reportingComponent || source?.component || '',
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
    type: ({ type }) => type ?? '',
  },
  columns: [
    { header: 'Last Seen', cell: (event, now) => ageOf(lastSeen(event), now) },
    { header: 'Type', cell: ({ type }) => type ?? '' },
    { header: 'Reason', cell: ({ reason }) => reason ?? '' },
    { header: 'Object', cell: ({ involvedObject }) => subjectOf(involvedObject) },
    { header: 'Subobject', priority: 1, cell: ({ involvedObject }) => involvedObject.fieldPath ?? '' },
    { header: 'Source', priority: 1, cell: sourceOf },
    { header: 'Message', cell: ({ message = '' }) => message.trim() },
    { header: 'First Seen', priority: 1, cell: (event, now) => ageOf(event.firstTimestamp ?? event.eventTime, now) },
    { header: 'Count', priority: 1, cell: ({ series, count }) => series?.count ?? (count || 1) },
    { header: 'Name', format: 'name', priority: 1, cell: ({ metadata }) => metadata.name },
  ],
})

/** An event lives in its subject's namespace; one on the cluster's objects in `default`. */
function checkOldStyle({ metadata, involvedObject }: ReadonlyEvent, errors: FieldErrors): void {
  const namespace = involvedObject.namespace ?? ''
  const matches = namespace === '' ? metadata.namespace === 'default' : metadata.namespace === namespace
  if (!matches) errors.invalid('involvedObject.namespace', namespace, 'does not match event.namespace')
}

const MAX_NAME = 128
const MAX_MESSAGE_BYTES = 1024

/** What the events.k8s.io API demands of its events (KEP-383), which have an eventTime. */
function checkNewStyle(event: ReadonlyEvent, errors: FieldErrors): void {
  const { reportingComponent = '', reportingInstance = '', action = '', reason = '', message = '' } = event
  const namespace = event.metadata.namespace
  if (!event.involvedObject.namespace && namespace !== 'default' && namespace !== 'kube-system') {
    errors.invalid('involvedObject.namespace', '', 'does not match event.namespace')
  }
  if (reportingComponent === '') errors.required('reportingComponent')
  checkQualifiedName(reportingComponent, 'reportingComponent', errors)
  checkText('reportingInstance', reportingInstance, 'repotingIntance', errors)
  checkText('action', action, 'action', errors)
  checkText('reason', reason, 'reason', errors)
  if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) {
    errors.invalid('message', '', `can have at most ${MAX_MESSAGE_BYTES} characters`)
  }
}

/** `longField`: the field as upstream spells it when the text is too long. */
function checkText(field: string, text: string, longField: string, errors: FieldErrors): void {
  if (text === '') errors.required(field)
  if (text.length > MAX_NAME) errors.invalid(longField, '', `can have at most ${MAX_NAME} characters`)
}

function lastSeen({ series, lastTimestamp, firstTimestamp, eventTime }: ReadonlyEvent): string | undefined {
  return series?.lastObservedTime ?? lastTimestamp ?? firstTimestamp ?? eventTime
}

function subjectOf({ kind = '', name = '' }: DeepReadonly<ObjectReference>): string {
  return name === '' ? kind.toLowerCase() : `${kind.toLowerCase()}/${name}`
}

function sourceOf({ source, reportingComponent = '', reportingInstance = '' }: ReadonlyEvent): string {
  const component = source?.component || reportingComponent
  const host = source?.host || reportingInstance
  return host ? `${component}, ${host}` : component
}
