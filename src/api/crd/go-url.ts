/** The parts of a URL as Go's net/url has them; `error` when it is none. */
export interface GoUrl {
  readonly scheme: string
  /** Host and port. */
  readonly host: string
  /** `name` or `name:password`, undefined where there is no `@`. */
  readonly user?: string
  /** As it was written, escapes and all. */
  readonly path: string
  readonly query: string
  readonly fragment: string
  /** Go's text after `parse "…": `. */
  readonly error?: string
}

const NOTHING: GoUrl = { scheme: '', host: '', path: '', query: '', fragment: '' }
const failed = (text: string, why: string): GoUrl => ({ ...NOTHING, error: `parse ${JSON.stringify(text)}: ${why}` })

/** Go's url.Parse. */
export function parseUrl(text: string): GoUrl {
  const hash = text.indexOf('#')
  const url = parse(hash < 0 ? text : text.slice(0, hash), text, false)
  return hash < 0 || url.error !== undefined ? url : { ...url, fragment: text.slice(hash + 1) }
}

/** Go's url.ParseRequestURI: an absolute URI or an absolute path. */
export const parseRequestUri = (text: string): GoUrl => parse(text, text, true)

function parse(text: string, whole: string, isRequest: boolean): GoUrl {
  if (/[\x00-\x1f\x7f]/.test(text)) return failed(whole, 'net/url: invalid control character in URL')
  if (text === '' && isRequest) return failed(whole, 'empty url')
  if (text === '*') return { ...NOTHING, path: '*' }
  const colon = schemeEnd(text)
  if (colon === 'missing') return failed(whole, 'missing protocol scheme')
  const scheme = text.slice(0, colon ?? 0).toLowerCase()
  const rest = colon === undefined ? text : text.slice(colon + 1)
  const [hierarchy = '', ...queries] = rest.split('?')
  const query = queries.join('?')
  if (!hierarchy.startsWith('/')) {
    if (scheme !== '') return { ...NOTHING, scheme, query } // opaque, as mailto:
    if (isRequest) return failed(whole, 'invalid URI for request')
    const [segment = ''] = hierarchy.split('/')
    if (segment.includes(':')) return failed(whole, 'first path segment in URL cannot contain colon')
  }
  return withAuthority(hierarchy, { ...NOTHING, scheme, query }, whole, isRequest)
}

/** Where the scheme ends; undefined when there is none, `missing` for a colon with nothing before it. */
function schemeEnd(text: string): number | undefined | 'missing' {
  const [before = ''] = /^[a-zA-Z][a-zA-Z0-9+.-]*(?=:)/.exec(text) ?? []
  if (before !== '') return before.length
  return text.startsWith(':') ? 'missing' : undefined
}

function withAuthority(hierarchy: string, url: GoUrl, whole: string, isRequest: boolean): GoUrl {
  const hasAuthority = hierarchy.startsWith('//') && (url.scheme !== '' || (!isRequest && !hierarchy.startsWith('///')))
  const end = hasAuthority ? hierarchy.indexOf('/', 2) : 0
  const authority = hasAuthority ? hierarchy.slice(2, end < 0 ? undefined : end) : ''
  const path = hasAuthority ? (end < 0 ? '' : hierarchy.slice(end)) : hierarchy
  const badPath = badEscape(path)
  if (badPath !== undefined) return failed(whole, `invalid URL escape ${JSON.stringify(badPath)}`)
  const at = authority.lastIndexOf('@')
  const host = authority.slice(at + 1)
  const problem = hostProblem(host)
  if (problem !== undefined) return failed(whole, problem)
  return { ...url, host, path, ...(at >= 0 && { user: authority.slice(0, at) }) }
}

const badEscape = (text: string): string | undefined => /%(?![0-9a-fA-F]{2})(.{0,2})/.exec(text)?.[0]

function hostProblem(host: string): string | undefined {
  if (host.startsWith('[')) {
    const end = host.lastIndexOf(']')
    if (end < 0) return "missing ']' in host"
    return portProblem(host.slice(end + 1))
  }
  const colon = host.indexOf(':')
  const [bad] = /[\s<>"\\^`{|}]/.exec(host) ?? []
  if (bad !== undefined) return `invalid character ${JSON.stringify(bad)} in host name`
  const badHost = badEscape(host)
  if (badHost !== undefined) return `invalid URL escape ${JSON.stringify(badHost)}`
  return colon < 0 ? undefined : portProblem(host.slice(host.lastIndexOf(':')))
}

const portProblem = (port: string): string | undefined =>
  port === '' || /^:\d*$/.test(port) ? undefined : `invalid port ${JSON.stringify(port)} after host`
