import type { Query } from '../handler/call.ts'
import { type Document, hashOf, uncompressed } from '../openapi/document.ts'
import { contentTypeOf, formOf } from '../openapi/negotiate.ts'
import type { OpenApi } from '../openapi/openapi.ts'
import type { Exchange, ResponseHeaders } from './exchange.ts'
import { acceptsGzip, commonHeaders, send } from './send.ts'

export interface OpenApiRequest {
  readonly exchange: Exchange
  readonly query: Query
  readonly auditId: string
}

/** Answers `/openapi/REST`; false when there is no such document. */
export async function answerOpenApi(openApi: OpenApi, request: OpenApiRequest, rest: string): Promise<boolean> {
  if (rest === 'v2') return sendDocument(request, openApi.v2(), 'v2')
  if (rest === 'v3') return sendIndex(request, openApi)
  const document = rest.startsWith('v3/') ? openApi.v3(rest.slice('v3/'.length)) : undefined
  if (!document) return false
  const hash = request.query.get('hash')
  const current = hashOf(document)
  if (hash === undefined) return sendDocument(request, document, 'v3')
  if (hash !== current) return redirect(request, `/openapi/${rest}?hash=${current}`)
  return sendDocument(request, document, 'v3', forEver())
}

function sendIndex({ exchange, auditId }: OpenApiRequest, openApi: OpenApi): true {
  const { etag, paths } = openApi.index()
  const headers = { ...commonHeaders(auditId, 'application/json'), etag }
  if (hasIt(exchange, etag)) exchange.respond(304, headers, '')
  else send(exchange, 200, headers, JSON.stringify({ paths }))
  return true
}

async function sendDocument(
  { exchange, auditId }: OpenApiRequest,
  document: Document,
  version: 'v2' | 'v3',
  extra: ResponseHeaders = {},
): Promise<true> {
  const form = formOf(exchange.headers.accept, version)
  if (!form) {
    exchange.respond(406, commonHeaders(auditId, 'text/plain; charset=utf-8'), '')
    return true
  }
  const { etag } = document
  const headers = { ...commonHeaders(auditId, contentTypeOf(version, form)), etag, vary: 'Accept', ...extra }
  if (hasIt(exchange, etag)) {
    exchange.respond(304, headers, '')
    return true
  }
  const gzip = await document.gzip(form)
  if (acceptsGzip(exchange)) exchange.respond(200, { ...headers, 'content-encoding': 'gzip' }, gzip)
  else exchange.respond(200, headers, await uncompressed(gzip))
  return true
}

/** Whether the client said that it has this state already (RFC 9110, 13.1.2: weak comparison, a list or a star). */
function hasIt({ headers }: Exchange, etag: string): boolean {
  const given = headers['if-none-match']
  return given?.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag) ?? false
}

/** An address with a hash names one state of a document: it may be kept for ever, and moves when there is a newer one. */
function redirect({ exchange, auditId }: OpenApiRequest, location: string): true {
  exchange.respond(301, { ...commonHeaders(auditId, 'text/html; charset=utf-8'), location, vary: 'Accept' }, '')
  return true
}

const YEAR_MS = 365 * 24 * 3600 * 1000

const forEver = (): ResponseHeaders => ({
  'cache-control': 'public, immutable',
  expires: new Date(Date.now() + YEAR_MS).toUTCString(),
})
