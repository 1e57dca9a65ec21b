import { Reason, StatusError } from '../../api/status-error.ts'
import type { MetaVersion } from '../table/partial-metadata.ts'
import {
  CBOR_SEQUENCE_TYPE,
  CBOR_TYPE,
  JSON_TYPE,
  type MediaType,
  mediaTypes,
  PROTOBUF_TYPE,
  YAML_TYPE,
} from './media-type.ts'

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
  /** Discovery: as it is, in no other form. */
  Discovery: 'discovery',
  /** Errors: likewise, and the router has no say in them. */
  Failure: 'failure',
} as const
export type Endpoint = (typeof Endpoint)[keyof typeof Endpoint]

interface Clause {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

const JSON_FORMAT: Format = { mediaType: JSON_TYPE, version: 'v1' }
const MAX_KNOWN = 200

/** Finds the form of answers by the Accept header (apiserver pkg/endpoints/handlers/negotiation). */
export class Negotiation {
  readonly mediaTypes: readonly MediaType[]
  readonly #streams: readonly string[]
  readonly #known = new Map<string, Format>()

  constructor(features: { readonly cbor: boolean }) {
    this.mediaTypes = mediaTypes(features)
    const streams = [`${JSON_TYPE};stream=watch`, `${PROTOBUF_TYPE};stream=watch`]
    this.#streams = features.cbor ? [...streams, CBOR_SEQUENCE_TYPE] : streams
  }

  /**
   * The form of an answer: clauses by their q, specific ones before wildcards, otherwise in the order given; the first that
   * this endpoint can serve. Throws 406 with upstream's words.
   */
  format(accept: string | undefined, endpoint: Endpoint): Format {
    if (accept === undefined || accept === '' || accept === JSON_TYPE || accept === '*/*') return JSON_FORMAT
    const key = `${endpoint} ${accept}`
    let format = this.#known.get(key)
    if (!format) {
      format = this.#firstOf(accept, endpoint)
      if (this.#known.size < MAX_KNOWN) this.#known.set(key, format)
    }
    return format
  }

  /** The media type in which a client wants aggregated discovery (KEP-3352), if it asks for that anywhere in its list. */
  aggregatedDiscovery(accept: string | undefined): MediaType | undefined {
    if (!accept?.includes('APIGroupDiscoveryList')) return undefined
    for (const { type, parameters } of clauses(accept)) {
      const mediaType = this.mediaTypes.find((candidate) => matches(type, candidate))
      const [as, group, version] = ['as', 'g', 'v'].map((name) => parameters.get(name))
      const isWanted = as === 'APIGroupDiscoveryList' && group === 'apidiscovery.k8s.io' && version === 'v2'
      if (mediaType && isWanted) return mediaType
    }
    return undefined
  }

  #firstOf(accept: string, endpoint: Endpoint): Format {
    if (isRouted(endpoint) && !this.#isProduced(accept, endpoint)) throw notRouted(this.#produced(endpoint))
    for (const { type, parameters } of clauses(accept)) {
      for (const mediaType of this.mediaTypes) {
        const format = matches(type, mediaType) ? formatOf(mediaType, parameters, endpoint) : undefined
        if (format) return this.#checked(format, endpoint)
      }
    }
    throw notAccepted(this.mediaTypes)
  }

  /** YAML cannot be streamed. */
  #checked(format: Format, endpoint: Endpoint): Format {
    if (isWatch(endpoint) && format.mediaType === YAML_TYPE) throw notAccepted(this.#streams)
    return format
  }

  /** The router compares bare types, and knows no wildcard but the whole one. */
  #isProduced(accept: string, endpoint: Endpoint): boolean {
    const produced = this.#produced(endpoint)
    return accept
      .split(',')
      .map((part) => (part.split(';')[0] as string).trim())
      .some((type) => type === '*/*' || produced.includes(type))
  }

  #produced(endpoint: Endpoint): readonly string[] {
    const alsoStreams = endpoint === Endpoint.BuiltInList || endpoint === Endpoint.BuiltInWatch
    return alsoStreams ? [...this.mediaTypes, ...this.#streams] : this.mediaTypes
  }
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
  if (serverVersion && (serverVersion !== 'v1' || isPlain(endpoint))) return undefined
  const pretty = parameters.get('pretty') === '1' && { pretty: true }
  const isTransformed = ['as', 'g', 'v'].some((name) => parameters.has(name))
  if (!isTransformed) {
    if (isCustom(endpoint) && mediaType === PROTOBUF_TYPE) return undefined
    return { mediaType, version: 'v1', ...pretty }
  }
  const as = transformOf(mediaType, parameters)
  if (!as || isPlain(endpoint)) return undefined
  return { mediaType, as, version: parameters.get('v') as MetaVersion, ...pretty }
}

/** Tables are JSON and YAML only. */
function transformOf(mediaType: MediaType, parameters: ReadonlyMap<string, string>): Format['as'] {
  const version = parameters.get('v')
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  const as = parameters.get('as')
  if (as === 'Table') return mediaType === PROTOBUF_TYPE || mediaType === CBOR_TYPE ? undefined : as
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? as : undefined
}

const isWatch = (endpoint: Endpoint): boolean => endpoint === Endpoint.BuiltInWatch || endpoint === Endpoint.CustomWatch
const isCustom = (endpoint: Endpoint): boolean => endpoint === Endpoint.Custom || endpoint === Endpoint.CustomWatch
const isPlain = (endpoint: Endpoint): boolean => endpoint === Endpoint.Discovery || endpoint === Endpoint.Failure

/** Whether the router of a real API server looks at the header before negotiation does: not for custom resources. */
const isRouted = (endpoint: Endpoint): boolean => !isCustom(endpoint) && endpoint !== Endpoint.Failure

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
