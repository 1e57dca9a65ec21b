/** In code points: beyond this all warnings are shortened (apiserver pkg/endpoints/filters/warning.go). */
const MAX_TOTAL = 4 * 1024
const MAX_SHORTENED = 256
const CONTROL = /\p{Cc}/u

/**
 * The Warning headers of an answer (RFC 7234, 5.5): `299 - "text"`. When they are too long together each is cut, and those
 * that then are still too many are left out. Texts with control characters cannot be told.
 */
export function warningHeaders(texts: readonly string[]): string[] {
  const told = [...new Set(texts)].filter((text) => text !== '')
  const total = told.reduce((sum, text) => sum + length(text), 0)
  return (total <= MAX_TOTAL ? told : shortened(told)).filter((text) => !CONTROL.test(text)).map(header)
}

function shortened(texts: readonly string[]): string[] {
  const kept: string[] = []
  let total = 0
  for (const text of texts) {
    if (total >= MAX_TOTAL) break
    const short = [...text].slice(0, MAX_SHORTENED).join('')
    total += length(short)
    kept.push(short)
  }
  return kept
}

const length = (text: string): number => [...text].length

/** Headers are bytes: what is not ASCII goes out in UTF-8. */
const header = (text: string): string =>
  Buffer.from(`299 - "${text.replaceAll(/[\\"]/g, '\\$&')}"`, 'utf8').toString('latin1')
