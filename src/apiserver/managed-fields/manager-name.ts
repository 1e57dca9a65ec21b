const MAX_NAME_BYTES = 128

/**
 * Who writes, when the request does not name its field manager: the beginning of the User-Agent, as far as it is printable.
 * Upstream: managerOrUserAgent; without either it is `unknown`.
 */
export function managerName(fieldManager: string | undefined, userAgent: string | undefined): string {
  return fieldManager || known(userAgent ?? '') || 'unknown'
}

/** There are few agents, and each asks often. */
const names = new Map<string, string>()
const MAX_KNOWN = 1_000

function known(userAgent: string): string {
  let name = names.get(userAgent)
  if (name === undefined) {
    name = printablePrefix(userAgent.split('/', 1)[0] as string)
    if (names.size < MAX_KNOWN) names.set(userAgent, name)
  }
  return name
}

const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu

function printablePrefix(text: string): string {
  let name = ''
  let bytes = 0
  for (const character of text.replace(UNPRINTABLE, '')) {
    bytes += Buffer.byteLength(character)
    if (bytes > MAX_NAME_BYTES) break
    name += character
  }
  return name
}
