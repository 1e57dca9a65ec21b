import { JsonScanner, MAX_DEPTH, tooDeep } from './json-scanner.ts'

export { normalise } from './normalise.ts'

export interface DecodedJson {
  readonly value: unknown
  /** `duplicate field "spec.replicas"` for every member given again, in the order of the document. */
  readonly duplicates: string[]
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Decodes JSON text (UTF-8). Throws DecodeError with Go's words: `invalid character '}' looking for beginning of value`. */
export function decodeJson(bytes: Uint8Array): DecodedJson {
  const text = decoder.decode(bytes)
  const value = parse(text)
  const duplicates = countMembers(text) === countKeys(value) ? [] : new JsonScanner(text).scan().duplicates
  return { value, duplicates }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    new JsonScanner(text).scan()
    throw error
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a

const OPENING_BRACE = 0x7b
const CLOSING_BRACE = 0x7d
const OPENING_BRACKET = 0x5b
const CLOSING_BRACKET = 0x5d

/** Members in the text: the colons outside strings. Throws DecodeError where brackets are nested too deep. */
function countMembers(text: string): number {
  let count = 0
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) index = endOfString(text, index)
    else if (code === COLON) count++
    else if (code === OPENING_BRACE || code === OPENING_BRACKET) {
      if (++depth > MAX_DEPTH) throw tooDeep(text[index] as string)
    } else if (code === CLOSING_BRACE || code === CLOSING_BRACKET) depth--
  }
  return count
}

/** The index of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) count += countKeys(value[index])
    return count
  }
  for (const key in value) {
    count++
    const member = (value as Record<string, unknown>)[key]
    if (typeof member === 'object') count += countKeys(member)
  }
  return count
}

const encoder = new TextEncoder()

/** An object as JSON bytes. */
export function encodeJson(object: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(object))
}
