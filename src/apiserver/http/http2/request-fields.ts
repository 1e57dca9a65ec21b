import type { IncomingHttpHeaders } from 'node:http'
import type { Field } from '../../../base/http2/header-decoder.ts'
import { UNFIT, withoutSpace } from '../field-value.ts'

export interface RequestFields {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** As Node.js gives them, `:authority` as `host`. */
  readonly headers: IncomingHttpHeaders
  /** What `content-length` says; undefined when it is not there. */
  readonly bodyBytes: number | undefined
}

const PSEUDO = [':method', ':scheme', ':authority', ':path']
const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
const PATH = /^(?:\/[\x21-\x7e\x80-\xff]*|\*)$/
const LENGTH = /^\d{1,15}$/
/** They are about a connection, which in HTTP/2 has other means (RFC 9113, 8.2.2). */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])
/** Of which there is one; what comes after the first does not count. */
const SINGLE = new Set(['authorization', 'content-type', 'content-encoding', 'host', 'user-agent', 'from', 'referer'])

/**
 * A request out of its header fields; undefined when it is malformed (RFC 9113, 8.1.1 to 8.3). Space around a value is taken
 * away, as by HTTP/1.1: the RFC would refuse it, but upstream's server does not.
 */
export function requestOf(fields: readonly Field[]): RequestFields | undefined {
  const pseudo: Record<string, string> = {}
  const headers: Record<string, string> = {}
  let isAfterPseudo = false
  for (const [name, value] of fields) {
    if (UNFIT.test(value)) return undefined
    if (name.startsWith(':')) {
      if (isAfterPseudo || pseudo[name] !== undefined || !PSEUDO.includes(name)) return undefined
      pseudo[name] = value
      continue
    }
    isAfterPseudo = true
    if (!NAME.test(name) || OF_CONNECTION.has(name) || (name === 'te' && value !== 'trailers')) return undefined
    if (!add(headers, name, withoutSpace(value))) return undefined
  }
  const { ':method': method, ':path': url, ':scheme': scheme, ':authority': authority } = pseudo
  if (!method || !TOKEN.test(method) || !url || !PATH.test(url) || !scheme) return undefined
  if (authority !== undefined) headers.host = authority
  const length = headers['content-length']
  if (length !== undefined && !LENGTH.test(length)) return undefined
  return { method, url, headers, bodyBytes: length === undefined ? undefined : Number(length) }
}

/** Whether the fields after a body are such as may stand there. */
export const areTrailers = (fields: readonly Field[]): boolean => fields.every(([name]) => NAME.test(name))

/** False for a second length that is not the first. */
function add(headers: Record<string, string>, name: string, value: string): boolean {
  if (!Object.hasOwn(headers, name)) {
    headers[name] = value
    return true
  }
  if (name === 'content-length') return headers[name] === value
  if (!SINGLE.has(name)) headers[name] += (name === 'cookie' ? '; ' : ', ') + value
  return true
}
