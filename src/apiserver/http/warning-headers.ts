/** In code points: beyond this all warnings are shortened (apiserver pkg/endpoints/filters/warning.go). */
const MAX_TOTAL = 4 * 1024
const MAX_SHORTENED = 256
const CONTROL = /\p{Cc}/u

/**
 * The Warning headers of an answer (RFC 7234, 5.5): `299 - "text"`. Once they are too long together each is cut, and those
 * that then are still too many are left out. Texts with control characters cannot be told.
 */
export function warningHeaders(texts: readonly string[]): string[] {
  if (texts.length === 0) return []
  const told = [...new Set(texts)].filter((text) => text !== '' && !CONTROL.test(text))
  return shortened(told).map(header)
}

function shortened(texts: readonly string[]): string[] {
  let total = 0
  const last = texts.findIndex((text) => {
    total += length(text)
    return total > MAX_TOTAL
  })
  if (last === -1) return [...texts]
  const kept = texts.slice(0, last + 1).map(cut) // those told already, and the one that was too much
  total = kept.reduce((sum, text) => sum + length(text), 0)
  for (const text of texts.slice(last + 1)) {
    if (total >= MAX_TOTAL) break
    const short = cut(text)
    total += length(short)
    kept.push(short)
  }
  return kept
}

const cut = (text: string): string => [...text].slice(0, MAX_SHORTENED).join('')

const length = (text: string): number => [...text].length

/** Headers are bytes: what is not ASCII goes out in UTF-8. */
const header = (text: string): string =>
  Buffer.from(`299 - "${text.replaceAll(/[\\"]/g, '\\$&')}"`, 'utf8').toString('latin1')
