import { parse } from 'yaml'
import { decodeMessage, openEnvelope } from '../../src/api/codec/protobuf.ts'
import { findType } from '../../src/api/schema/type-of.ts'
import { protobuf } from '../conformance/wire-format.ts'
import type { Answer } from './answer.ts'
import type { FuzzRequest } from './fuzz-request.ts'

const PROTOBUF = 'application/vnd.kubernetes.protobuf'
/** What the API conventions know; 5xx only as named below. */
const CODES: ReadonlySet<number> = new Set([
  200, 201, 202, 301, 304, 400, 401, 403, 404, 405, 406, 409, 410, 413, 415, 422, 429,
])

/** Discovery of the core group says no apiVersion, upstream's neither. */
const UNVERSIONED: ReadonlySet<string> = new Set(['APIVersions', 'APIResourceList'])

interface Documented {
  readonly code: number
  readonly message: RegExp
}

/** Server errors that upstream answers with too, for the same reasons. */
const DOCUMENTED: readonly Documented[] = [
  { code: 504, message: /Too large resource version/ },
  { code: 503, message: /no endpoints available for service/ },
  { code: 503, message: /^error trying to reach service: / },
  { code: 500, message: /^Get "https:\/\/[^"]+\/containerLogs\// },
  { code: 500, message: /resourceVersion should not be set on objects to be created/ },
  { code: 500, message: /^resourceVersion: Invalid value: / },
  { code: 500, message: /no preferred addresses found; known addresses: / },
  { code: 500, message: /^unable to find api field in struct \w+ for the json field / },
  { code: 500, message: /^unknown patch type: / },
  { code: 500, message: /^failed to create typed (patch|live) object / },
  { code: 500, message: /^(list element types are not identical|map: .* does not contain declared merge key)/ },
  {
    code: 500,
    message: /^(cannot merge lists without merge key|expected a \[\]interface \{\}|The order in patch list)/,
  },
]

/** How a watch begins in JSON, which its headers do not tell. */
const EVENT_HEAD = Buffer.from('{"type":"')
const MAX_YAML_BYTES = 20_000
const EVENT_TYPES: ReadonlySet<unknown> = new Set(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR'])

/** What is wrong with an answer; nothing when it is as it should be. */
export function faultsOf(request: FuzzRequest, answer: Answer): string[] {
  const { status, headers, bytes, isPartial } = answer
  const type = String(headers['content-type'] ?? '')
  if (request.method === 'HEAD')
    return bytes.length === 0 ? codeFaults(status, '') : ['a HEAD was answered with a body']
  if (status === 304 || headers['content-encoding'] === 'gzip') return codeFaults(status, '')
  try {
    const isStream = isPartial || (headers['content-length'] === undefined && isEvents(bytes))
    if (isStream || type.includes('stream=watch')) return watchFaults(type, bytes)
    const value = decoded(type, bytes)
    return value === undefined ? textFaults(answer) : valueFaults(status, value)
  } catch (error) {
    return [`${status} ${type} cannot be read: ${(error as Error).message}: ${bytes.toString('utf8', 0, 200)}`]
  }
}

/** A watch that ended may have had no events at all. */
const isEvents = (bytes: Buffer): boolean =>
  bytes.length === 0 || bytes.subarray(0, EVENT_HEAD.length).equals(EVENT_HEAD)

interface Typed {
  readonly kind?: unknown
  readonly apiVersion?: unknown
  readonly code?: unknown
  readonly status?: unknown
  readonly message?: unknown
  readonly reason?: unknown
}

/** Undefined for what is no object of the API. */
function decoded(type: string, bytes: Buffer): Typed | undefined {
  const [mediaType] = type.split(';')
  if (mediaType === PROTOBUF) return fromProtobuf(bytes)
  if (mediaType === 'application/yaml') return fromYaml(bytes)
  return mediaType === 'application/json' ? (JSON.parse(bytes.toString()) as Typed) : undefined
}

/** Reading large ones would hold up everything else for seconds: of these it has to do that they begin as an object does. */
function fromYaml(bytes: Buffer): Typed {
  if (bytes.length < MAX_YAML_BYTES) return parse(bytes.toString()) as Typed
  const { apiVersion } = parse(bytes.toString('utf8', 0, bytes.indexOf('\n'))) as Typed
  return { apiVersion, kind: 'unread' }
}

/** Kinds without a type of their own, such as PartialObjectMetadata, are seen from outside only. */
function fromProtobuf(bytes: Buffer): Typed {
  const { kind, apiVersion, raw } = openEnvelope(bytes)
  const [first = '', second] = apiVersion.split('/')
  const type = findType({ group: second === undefined ? '' : first, version: second ?? first, kind })
  return type === undefined ? { kind, apiVersion } : decodeMessage(type, raw, { kind, apiVersion })
}

function valueFaults(status: number, value: Typed): string[] {
  const { kind, apiVersion, message } = value
  if (kind === 'Status' && value.status === 'Failure') return statusFaults(status, value)
  if (status >= 400) return [...codeFaults(status, String(message)), `${status} with ${kind ?? 'a thing without kind'}`]
  if (kind === undefined && apiVersion === undefined) return codeFaults(status, '') // version, OpenAPI, JWKS
  const isTyped = typeof kind === 'string' && kind !== '' && (typeof apiVersion === 'string' || UNVERSIONED.has(kind))
  return [
    ...codeFaults(status, String(message)),
    ...(isTyped ? [] : [`an object without kind: ${JSON.stringify(value).slice(0, 200)}`]),
  ]
}

function statusFaults(status: number, { code, message, reason, apiVersion }: Typed): string[] {
  const faults = codeFaults(status, String(message))
  if (code !== status) faults.push(`${status} with a Status of code ${code}`)
  if (typeof message !== 'string' || message === '') faults.push(`${status} without a message`)
  if (typeof reason !== 'string' && status !== 500) faults.push(`${status} without a reason: ${message}`)
  if (apiVersion !== 'v1') faults.push(`a Status of ${apiVersion}`)
  const own = String(message).replaceAll('must be true or undefined', '') // upstream's words of a schema
  if (/\b(undefined|\[object Object\]|TypeError|RangeError|is not a function)\b/.test(own)) {
    faults.push(`a message that betrays a fault: ${message}`)
  }
  return faults
}

function codeFaults(status: number, message: string): string[] {
  if (CODES.has(status)) return []
  if (DOCUMENTED.some(({ code, message: known }) => code === status && known.test(message))) return []
  return [`${status}: ${message.slice(0, 300)}`]
}

const TEXTS: readonly RegExp[] = [
  /^404 page not found\n$/,
  /^Too many requests/,
  /^ok$/,
  /^service unavailable\n$/,
  /^$/,
]

function textFaults({ status, bytes }: Answer): string[] {
  if (status < 400 || TEXTS.some((text) => text.test(bytes.toString()))) return codeFaults(status, '')
  return [`${status} with the text ${JSON.stringify(bytes.toString('utf8', 0, 200))}`]
}

/** The last event may be cut off. */
function watchFaults(type: string, bytes: Buffer): string[] {
  if (type.startsWith(PROTOBUF)) return protobufEvents(bytes)
  if (!type.startsWith('application/json')) return [] // a stream that is no watch
  const lines = bytes.toString().split('\n').slice(0, -1)
  return lines.flatMap((line) => eventFaults(JSON.parse(line) as { type?: unknown; object?: Typed }))
}

function protobufEvents(bytes: Buffer): string[] {
  const faults: string[] = []
  const isPartialMetadata = bytes.includes('PartialObjectMetadata')
  for (
    let next = isPartialMetadata ? undefined : protobuf.nextEvent(bytes);
    next;
    next = protobuf.nextEvent(next.rest)
  ) {
    faults.push(...eventFaults(next.event))
  }
  return faults
}

function eventFaults({ type, object }: { readonly type?: unknown; readonly object?: Typed }): string[] {
  if (!EVENT_TYPES.has(type)) return [`an event of type ${type}`]
  return typeof object?.kind === 'string' ? [] : [`an event ${type} without an object`]
}
