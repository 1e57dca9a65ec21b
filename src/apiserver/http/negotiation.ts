import { Reason, StatusError } from '../../api/status-error.ts'
import type { MetaVersion } from '../table/partial-metadata.ts'

export const JSON_TYPE = 'application/json'
export const YAML_TYPE = 'application/yaml'
export const PROTOBUF_TYPE = 'application/vnd.kubernetes.protobuf'
export type MediaType = typeof JSON_TYPE | typeof YAML_TYPE | typeof PROTOBUF_TYPE

/** How a client wants its answer. */
export interface Format {
  readonly mediaType: MediaType
  /** Another form of the object or list. */
  readonly as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly version: MetaVersion
  /** Indented JSON, asked for with the media type. */
  readonly pretty?: boolean
}

/** What kind of answer a path gives: that decides what can be asked for. */
export const Endpoint = {
  /** Objects of a built-in kind, and lists of them. */
  BuiltIn: 'builtIn',
  /** A list or watch of a built-in kind: the same path serves both. */
  BuiltInList: 'builtInList',
  BuiltInWatch: 'builtInWatch',
  /** Custom resources: no protobuf but for their metadata. */
  Custom: 'custom',
  CustomWatch: 'customWatch',
  /** Errors, discovery: as they are, in no other form. */
  Plain: 'plain',
} as const
export type Endpoint = (typeof Endpoint)[keyof typeof Endpoint]

const JSON_FORMAT: Format = { mediaType: JSON_TYPE, version: 'v1' }
/** In upstream's order, which is also that of preference where a wildcard allows several. */
const MEDIA_TYPES: readonly MediaType[] = [JSON_TYPE, YAML_TYPE, PROTOBUF_TYPE]
const STREAMS = [`${JSON_TYPE};stream=watch`, `${PROTOBUF_TYPE};stream=watch`]
const MAX_KNOWN = 200

const known = new Map<string, Format>()

/**
 * The form of an answer by the Accept header (apiserver pkg/endpoints/handlers/negotiation): clauses by their q, specific
 * ones before wildcards, otherwise in the order given; the first that this endpoint can serve. Throws 406 with upstream's words.
 */
export function negotiate(accept: string | undefined, endpoint: Endpoint): Format {
  if (accept === undefined || accept === '' || accept === JSON_TYPE || accept === '*/*') return JSON_FORMAT
  const key = `${endpoint} ${accept}`
  let format = known.get(key)
  if (!format) {
    format = firstOf(accept, endpoint)
    if (known.size < MAX_KNOWN) known.set(key, format)
  }
  return format
}

function firstOf(accept: string, endpoint: Endpoint): Format {
  if (isRouted(endpoint) && !isProduced(accept, endpoint)) throw notRouted(produced(endpoint))
  for (const { type, parameters } of clauses(accept)) {
    for (const mediaType of MEDIA_TYPES.filter((candidate) => matches(type, candidate))) {
      const format = formatOf(mediaType, parameters, endpoint)
      if (format) return checked(format, endpoint)
    }
  }
  throw notAccepted(isWatch(endpoint) ? STREAMS : MEDIA_TYPES)
}

interface Clause {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

function clauses(accept: string): Clause[] {
  return accept
    .split(',')
    .flatMap((text) => clause(text))
    .sort((left, right) => right.q - left.q || wildcards(left.type) - wildcards(right.type))
}

/** Nothing for a clause that names no media type. */
function clause(text: string): (Clause & { q: number })[] {
  const [name = '', ...rest] = text.split(';').map((part) => part.trim())
  const type = name === '*' ? '*/*' : name
  if (type.split('/').length !== 2) return []
  const parameters = new Map(rest.map((part) => part.split('=', 2).map((word) => word.trim()) as [string, string]))
  const q = Number(parameters.get('q') ?? 1)
  parameters.delete('q')
  return [{ type, parameters, q: Number.isNaN(q) ? 1 : q }]
}

const wildcards = (type: string): number => type.split('*').length

const matches = (type: string, mediaType: MediaType): boolean =>
  type === mediaType || type === '*/*' || type === 'application/*'

function formatOf(
  mediaType: MediaType,
  parameters: ReadonlyMap<string, string>,
  endpoint: Endpoint,
): Format | undefined {
  const stream = parameters.get('stream')
  if (stream && (stream !== 'watch' || mediaType === YAML_TYPE)) return undefined
  const serverVersion = parameters.get('sv')
  if (serverVersion && (serverVersion !== 'v1' || endpoint === Endpoint.Plain)) return undefined
  const pretty = parameters.get('pretty') === '1' && { pretty: true }
  const isTransformed = ['as', 'g', 'v'].some((name) => parameters.has(name))
  if (!isTransformed) {
    if (isCustom(endpoint) && mediaType === PROTOBUF_TYPE) return undefined
    return { mediaType, version: 'v1', ...pretty }
  }
  const as = transformOf(mediaType, parameters)
  if (!as || endpoint === Endpoint.Plain) return undefined
  return { mediaType, as, version: parameters.get('v') as MetaVersion, ...pretty }
}

/** Tables have no protobuf form. */
function transformOf(mediaType: MediaType, parameters: ReadonlyMap<string, string>): Format['as'] {
  const version = parameters.get('v')
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  const as = parameters.get('as')
  if (as === 'Table') return mediaType === PROTOBUF_TYPE ? undefined : as
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? as : undefined
}

const isWatch = (endpoint: Endpoint): boolean => endpoint === Endpoint.BuiltInWatch || endpoint === Endpoint.CustomWatch
const isCustom = (endpoint: Endpoint): boolean => endpoint === Endpoint.Custom || endpoint === Endpoint.CustomWatch

/** YAML cannot be streamed. */
function checked(format: Format, endpoint: Endpoint): Format {
  if (isWatch(endpoint) && format.mediaType === YAML_TYPE) throw notAccepted(STREAMS)
  return format
}

/** Whether the router of a real API server looks at the header before negotiation does: not for custom resources. */
const isRouted = (endpoint: Endpoint): boolean =>
  endpoint === Endpoint.BuiltIn || endpoint === Endpoint.BuiltInList || endpoint === Endpoint.BuiltInWatch

const produced = (endpoint: Endpoint): readonly string[] =>
  endpoint === Endpoint.BuiltIn ? MEDIA_TYPES : [...MEDIA_TYPES, ...STREAMS]

/** The router compares bare types, and knows no wildcard but the whole one. */
const isProduced = (accept: string, endpoint: Endpoint): boolean =>
  accept
    .split(',')
    .map((part) => (part.split(';')[0] as string).trim())
    .some((type) => type === '*/*' || produced(endpoint).includes(type))

const notRouted = (types: readonly string[]): StatusError =>
  new StatusError({
    code: 406,
    reason: Reason.NotAcceptable,
    message: `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`,
    details: {},
  })

const notAccepted = (types: readonly string[]): StatusError =>
  wrongForm(`only the following media types are accepted: ${types.join(', ')}`)

/** 406: the form asked for does not fit what is answered. */
export const wrongForm = (message: string): StatusError =>
  new StatusError({ code: 406, reason: Reason.NotAcceptable, message })

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])

/** Indented output: asked for, or the client is one that people look at (upstream's isPrettyPrint). */
export function isPretty(parameter: string | undefined, userAgent: string | undefined): boolean {
  if (parameter) return TRUE.has(parameter)
  if (userAgent === undefined) return false
  return userAgent.startsWith('curl') || userAgent.startsWith('Wget') || userAgent.startsWith('Mozilla/5.0')
}
