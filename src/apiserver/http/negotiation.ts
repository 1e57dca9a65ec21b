import { Reason, StatusError } from '../../api/status-error.ts'
import type { MetaVersion } from '../table/partial-metadata.ts'

/** How a client wants its answer. */
export interface Format {
  readonly mediaType: 'application/json' | 'application/yaml'
  /** Another form of the object or list. */
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly version: MetaVersion
}

const JSON_FORMAT: Format = { mediaType: 'application/json', version: 'v1' }
const AVAILABLE = 'application/json, application/yaml'
const MAX_KNOWN = 200

const known = new Map<string, Format>()

/** The first form in an Accept header that this server has; 406 when it has none of them, in the words upstream has for it. */
export function negotiate(accept: string | undefined): Format {
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*') return JSON_FORMAT
  let format = known.get(accept)
  if (!format) {
    format = firstOf(accept)
    if (known.size < MAX_KNOWN) known.set(accept, format)
  }
  return format
}

function firstOf(accept: string): Format {
  let isKnownType = false
  for (const clause of accept.split(',')) {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim())
    const format = formatOf(type, new Map(parameters.map((parameter) => parameter.split('=', 2) as [string, string])))
    if (format) return format
    isKnownType ||= mediaTypeOf(type) !== undefined
  }
  throw isKnownType ? wrongForm(`only the following media types are accepted: ${AVAILABLE}`) : notAcceptable()
}

function formatOf(type: string, parameters: ReadonlyMap<string, string>): Format | undefined {
  const mediaType = mediaTypeOf(type)
  if (!mediaType) return undefined
  const as = parameters.get('as')
  if (as === undefined) return { mediaType, version: 'v1' }
  const version = parameters.get('v')
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  if (as !== 'Table' && as !== 'PartialObjectMetadata' && as !== 'PartialObjectMetadataList') return undefined
  return { mediaType, as, version }
}

function mediaTypeOf(type: string): Format['mediaType'] | undefined {
  if (type === 'application/json' || type === '*/*' || type === 'application/*') return 'application/json'
  return type === 'application/yaml' ? type : undefined
}

const notAcceptable = (): StatusError =>
  new StatusError({
    code: 406,
    reason: Reason.NotAcceptable,
    message: `406: Not Acceptable\n\nAvailable representations: ${AVAILABLE}`,
    details: {},
  })

/** 406: the form asked for does not fit what is answered. */
export const wrongForm = (message: string): StatusError =>
  new StatusError({ code: 406, reason: Reason.NotAcceptable, message })

/** Indented output: asked for, or the client is one that people look at (upstream's isPrettyPrint). */
export function isPretty(parameter: string | undefined, userAgent: string | undefined): boolean {
  if (parameter !== undefined) return parameter !== '0' && parameter !== 'false'
  if (userAgent === undefined) return false
  return userAgent.startsWith('curl') || userAgent.startsWith('Wget') || userAgent.startsWith('Mozilla/5.0')
}
