import type { IncomingHttpHeaders } from 'node:http'
import { withoutSpace } from '../field-value.ts'

export type ReadHead =
  | RequestHead
  /** More bytes are needed. */
  | { readonly kind: 'partial' }
  /** Good or bad, but not of the plain form that is read here. */
  | { readonly kind: 'unusual' }

export interface RequestHead {
  readonly kind: 'head'
  readonly method: string
  readonly url: string
  /** Frozen: requests with the same lines share them. */
  readonly headers: IncomingHttpHeaders
  readonly bodyBytes: number
  /** Whether the client asks for the connection to be closed after the answer. */
  readonly isLast: boolean
  /** Where the body begins. */
  readonly end: number
}

const PARTIAL: ReadHead = { kind: 'partial' }
const UNUSUAL: ReadHead = { kind: 'unusual' }

/** Node's own limit. */
const MAX_HEAD_BYTES = 16 * 1024
/** A client that sends more than this at once has time for the general way. */
const MAX_BODY_BYTES = 64 * 1024
const HEAD_END = Buffer.from('\r\n\r\n')
/** RFC 9112, section 3, in origin form alone: no spaces but the two, nothing that is not visible. */
const REQUEST_LINE = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\/[\x21-\x7e]*) HTTP\/1\.1$/
/** RFC 9112, section 5: no folded lines, no space before the colon, no control characters. Every character fits in one way. */
const FIELD_LINES = /^(?:[!#$%&'*+\-.^_`|~\w]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/
/** These change how a message is framed or what the connection becomes. */
const SPECIAL = ['transfer-encoding', 'upgrade', 'expect', 'trailer', 'te']
const LENGTH = /^\d{1,8}$/

/** The header fields of a request as they were read last. */
interface Fields {
  readonly text: string
  readonly headers: IncomingHttpHeaders
  readonly bodyBytes: number
  readonly isLast: boolean
}

/**
 * Reads the heads of one connection's requests when they are of the plain form that nearly all clients send: origin form,
 * HTTP/1.1, every field once, a body of a known and moderate length. Everything else is `unusual`, which says nothing about
 * whether it is right: a reader for all of HTTP has to look at it. A client says much the same with each request, so fields are
 * not taken apart again when they are those of the request before.
 */
export class HeadReader {
  #fields: Fields | undefined

  read(bytes: Buffer): ReadHead {
    const at = bytes.indexOf(HEAD_END)
    if (at === -1) return bytes.length > MAX_HEAD_BYTES ? UNUSUAL : PARTIAL
    if (at > MAX_HEAD_BYTES) return UNUSUAL
    const text = bytes.toString('latin1', 0, at + 2)
    const lineEnd = text.indexOf('\r\n')
    const [, method, url] = REQUEST_LINE.exec(text.slice(0, lineEnd)) ?? []
    const fields = this.#read(text.slice(lineEnd + 2))
    if (method === undefined || url === undefined || !fields) return UNUSUAL
    const { headers, bodyBytes, isLast } = fields
    return { kind: 'head', method, url, headers, bodyBytes, isLast, end: at + HEAD_END.length }
  }

  #read(text: string): Fields | undefined {
    if (this.#fields?.text !== text) this.#fields = fieldsOf(text)
    return this.#fields
  }
}

function fieldsOf(text: string): Fields | undefined {
  if (!FIELD_LINES.test(text)) return undefined
  const headers: Record<string, string> = {}
  for (const line of text.slice(0, -2).split('\r\n')) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    if (headers[name] !== undefined) return undefined // also what every JavaScript object has
    headers[name] = withoutSpace(line.slice(colon + 1))
  }
  const { host, connection = 'keep-alive', 'content-length': length = '0' } = headers
  const lastly = connection.toLowerCase()
  if (!host || SPECIAL.some((name) => headers[name] !== undefined)) return undefined
  if ((lastly !== 'keep-alive' && lastly !== 'close') || !LENGTH.test(length)) return undefined
  if (Number(length) > MAX_BODY_BYTES) return undefined
  return { text, headers: Object.freeze(headers), bodyBytes: Number(length), isLast: lastly === 'close' }
}
