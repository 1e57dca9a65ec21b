import type { PatchType } from '../../client/transport.ts'
import type { ApiCall, Query, RequestBody } from '../handler/call.ts'
import { unsupportedPatchType } from '../handler/refusals.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import type { UserInfo } from '../request.ts'
import type { Exchange } from './exchange.ts'
import { MAX_BODY_BYTES } from './failure.ts'
import { CBOR_TYPE, JSON_TYPE } from './media-type.ts'
import type { VerbRequest } from './request-info.ts'

/** A call that came by HTTP. */
export class HttpCall implements ApiCall {
  readonly verb: ApiCall['verb']
  readonly namespace: string
  readonly name: string
  readonly subresource: string
  readonly resource: ServedResource
  readonly query: Query
  readonly body: RequestBody
  readonly patchType?: PatchType
  readonly user: UserInfo
  readonly userAgent?: string
  readonly warnings: string[] = []
  readonly #exchange: Exchange

  constructor(
    { verb, namespace, name, inPath, subresource, resource: plural }: VerbRequest,
    { exchange, resource, query, user, body }: HttpCallInit,
  ) {
    this.verb = verb
    this.namespace = plural === 'namespaces' ? '' : namespace
    this.name = inPath ? name : ''
    this.subresource = subresource
    this.resource = resource
    this.query = query
    this.user = user
    const { 'user-agent': userAgent } = exchange.headers
    if (userAgent !== undefined) this.userAgent = userAgent
    this.body = body
    if (verb === 'patch') this.patchType = patchTypeOf(exchange, body)
    this.#exchange = exchange
  }

  get signal(): AbortSignal {
    return this.#exchange.signal
  }

  warn(text: string): void {
    if (!this.warnings.includes(text)) this.warnings.push(text)
  }
}

export interface HttpCallInit {
  readonly exchange: Exchange
  readonly resource: ServedResource
  readonly query: Query
  readonly user: UserInfo
  readonly body: RequestBody
}

const PATCH_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
}

/** An apply configuration in CBOR is taken where objects in CBOR are. */
function patchTypeOf({ headers }: Exchange, body: RequestBody): PatchType {
  const mediaType = mediaTypeOf(headers['content-type'])
  const isCbor = mediaType === 'application/apply-patch+cbor' && body.kind === 'bytes'
  const type = isCbor && body.readable.includes(CBOR_TYPE) ? 'apply' : PATCH_TYPES[mediaType]
  if (!type) throw unsupportedPatchType()
  return type
}

const TOKEN = '[^\\s;="]+'
/** A media type with its parameters, as Go's mime.ParseMediaType takes it. */
const CONTENT_TYPE = new RegExp(`^\\s*(${TOKEN})\\s*(?:;\\s*${TOKEN}=(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*")\\s*)*;?\\s*$`)

/** The media type without parameters; JSON when there is none, the whole text when it cannot be read. */
function mediaTypeOf(contentType: string | undefined): string {
  if (contentType === undefined || contentType === '') return JSON_TYPE
  if (contentType === JSON_TYPE) return contentType
  return CONTENT_TYPE.exec(contentType)?.[1]?.toLowerCase() ?? contentType
}

/** Reads the body of a request whose verb may have one; `readable` are the media types of objects that can be read. */
export function bodyOf(
  exchange: Exchange,
  verb: ApiCall['verb'],
  readable: readonly string[],
): Promise<RequestBody> | RequestBody {
  if (verb === 'get' || verb === 'list' || verb === 'watch') return NO_BODY
  const read = exchange.body(MAX_BODY_BYTES)
  const body = (bytes: Uint8Array): RequestBody => {
    if (bytes.length === 0) return NO_BODY
    return { kind: 'bytes', bytes, mediaType: mediaTypeOf(exchange.headers['content-type']), readable }
  }
  return read instanceof Promise ? read.then(body) : body(read)
}

const NO_BODY: RequestBody = { kind: 'none' }
