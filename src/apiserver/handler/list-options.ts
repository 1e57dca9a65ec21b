import { type FieldError, fieldForbidden, invalidObject, notSupported } from '../../api/field-error.ts'
import type { Query } from './call.ts'
import { booleanParameter, integerParameter } from './query-values.ts'

/** ListOptions of meta/v1 without the selectors. */
export interface ListOptions {
  /** As the client wrote it: empty is "most recent", "0" is "any". */
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  /** 0: no limit. */
  readonly limit: number
  readonly continue: string
  readonly timeoutSeconds: number | undefined
  readonly allowWatchBookmarks: boolean
  readonly sendInitialEvents: boolean | undefined
}

/** Reads the options of a list or a watch; throws 400 on values that cannot be read, 422 on combinations not allowed. */
export function listOptions(query: Query, watch: boolean): ListOptions {
  const given: ListOptions = {
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit: integerParameter(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    timeoutSeconds: integerParameter(query, 'timeoutSeconds'),
    allowWatchBookmarks: booleanParameter(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: booleanParameter(query, 'sendInitialEvents'),
  }
  const options = watch ? withInitialEvents(given) : given
  const errors = watch ? watchErrors(options) : listErrors(options)
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
  return options
}

/** A watch from no or any revision begins with the state, and so it gets the bookmark that ends it (v1.34 on). */
function withInitialEvents(options: ListOptions): ListOptions {
  const { resourceVersion, resourceVersionMatch, sendInitialEvents } = options
  const isAny = resourceVersion === '' || resourceVersion === '0'
  if (!isAny || resourceVersionMatch !== '' || sendInitialEvents !== undefined) return options
  return { ...options, sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
}

const MATCH = 'resourceVersionMatch'

function listErrors({
  resourceVersionMatch: match,
  resourceVersion,
  sendInitialEvents,
  ...rest
}: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const refuse = (why: string) => errors.push(fieldForbidden(MATCH, why))
  if (match !== '') {
    if (resourceVersion === '') refuse('resourceVersionMatch is forbidden unless resourceVersion is provided')
    if (rest.continue !== '') refuse('resourceVersionMatch is forbidden when continue is provided')
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']))
    }
    if (match === 'Exact' && resourceVersion === '0') {
      refuse('resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
    }
  }
  if (sendInitialEvents !== undefined) {
    errors.push(fieldForbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  }
  return errors
}

function watchErrors({ resourceVersionMatch: match, sendInitialEvents, ...rest }: ListOptions): FieldError[] {
  const errors: FieldError[] = []
  const refuse = (why: string) => errors.push(fieldForbidden(MATCH, why))
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    refuse('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  }
  if (match === '') return errors
  if (sendInitialEvents === undefined) {
    refuse('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
  }
  if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']))
  if (rest.continue !== '') refuse('resourceVersionMatch is forbidden when continue is provided')
  return errors
}
