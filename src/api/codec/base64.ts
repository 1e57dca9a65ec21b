import { DecodeError } from './decode-error.ts'

const PLAIN = /^[A-Za-z0-9+/]*$/
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/**
 * Base64 text as Go's encoder would write the same bytes: line breaks gone, unused bits of the last digit zero.
 * Throws DecodeError where Go's standard decoder does, with the position that it names.
 */
export function canonicalBase64(text: string): string {
  if (text.length % 4 === 0 && PLAIN.test(text)) return text
  const { digits, padding } = scan(text)
  if (padding === 0) return digits
  const unused = padding === 2 ? 0b1111 : 0b11
  const last = ALPHABET.indexOf(digits.at(-1) as string)
  return `${digits.slice(0, -1)}${ALPHABET[last & ~unused]}${'='.repeat(padding)}`
}

/** Go's decoder reports the index of the first byte that cannot be where it is. */
function scan(text: string): { digits: string; padding: number } {
  let digits = ''
  for (let index = 0; index < text.length; index++) {
    const char = text[index] as string
    if (char === '\n' || char === '\r') continue
    if (char === '=') return { digits, padding: paddingAt(text, index, digits.length % 4) }
    if (!ALPHABET.includes(char)) throw corrupt(index)
    digits += char
  }
  const over = digits.length % 4
  if (over !== 0) throw corrupt(text.length - over)
  return { digits, padding: 0 }
}

function paddingAt(text: string, index: number, over: number): number {
  if (over < 2) throw corrupt(index)
  let padding = 1
  let at = nextSignificant(text, index + 1)
  if (over === 2) {
    if (text[at] !== '=') throw corrupt(at >= text.length ? text.length : at)
    padding = 2
    at = nextSignificant(text, at + 1)
  }
  if (at < text.length) throw corrupt(at)
  return padding
}

function nextSignificant(text: string, from: number): number {
  let index = from
  while (text[index] === '\n' || text[index] === '\r') index++
  return index
}

const corrupt = (index: number): DecodeError => new DecodeError(`illegal base64 data at input byte ${index}`)
