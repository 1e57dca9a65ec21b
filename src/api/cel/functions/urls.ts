import { type GoUrl, parseRequestUri, parseUrl } from '../../crd/go-url.ts'
import { nominal, traversal } from '../cost/call-costs.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import { ArrayList } from '../values/list.ts'
import { EntryMap, type MapValue } from '../values/map.ts'
import { Opaque } from '../values/opaque.ts'
import { LibraryTypes } from './library-types.ts'
import { type Overload, overload } from './overload.ts'

class Url extends Opaque {
  override readonly type = LibraryTypes.Url
  readonly #text: string
  readonly parts: GoUrl

  constructor(text: string, parts: GoUrl) {
    super()
    this.#text = text
    this.parts = parts
  }

  override equals(other: Opaque): boolean {
    return other instanceof Url && other.#text === this.#text
  }
}

function urlOf(text: string): Url {
  const error = parseRequestUri(text).error ?? parseUrl(text).error
  if (error !== undefined) throw new EvaluationError(`URL parse error during conversion from string: ${error}`)
  return new Url(text, parseUrl(text))
}

/** The host without its port and brackets, and the port. */
function hostParts({ parts: { host } }: Url): { name: string; port: string } {
  const [, bracketed, plain, port = ''] = /^(?:\[([^\]]*)\]|([^:]*|.*?))(?::(\d*))?$/.exec(host) ?? []
  return { name: decoded(bracketed ?? plain ?? host), port }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Characters that Go's EscapedPath does not leave as they are. */
const TO_ESCAPE = /[^A-Za-z0-9\-_.~$&+,/:;=@!'()*%[\]]/gu

const escapedPath = ({ parts: { path } }: Url): string =>
  path.replace(TO_ESCAPE, (char) => [...Buffer.from(char)].map(percent).join(''))
const percent = (byte: number): string => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`

function query({ parts }: Url): MapValue {
  const values = new Map<string, string[]>()
  for (const [key, value] of new URLSearchParams(parts.query)) values.set(key, [...(values.get(key) ?? []), value])
  const map = new EntryMap()
  for (const [key, list] of values) map.set(key, new ArrayList(list))
  return map
}

/** Kubernetes' library of URLs. */
export const urls: readonly Overload[] = [
  overload('url(string) -> Url', urlOf, traversal(0, 1, true)),
  overload('isURL(string) -> bool', (text: string) => parseRequestUri(text).error === undefined, nominal),
  overload('Url.getScheme() -> string', ({ parts }: Url) => parts.scheme),
  overload('Url.getHost() -> string', ({ parts }: Url) => parts.host),
  overload('Url.getHostname() -> string', (url: Url) => hostParts(url).name),
  overload('Url.getPort() -> string', (url: Url) => hostParts(url).port),
  overload('Url.getEscapedPath() -> string', escapedPath),
  overload('Url.getQuery() -> map(string, list(string))', query),
]
