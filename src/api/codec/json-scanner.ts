import { DecodeError } from './decode-error.ts'

const ESCAPES: Readonly<Record<string, true>> = {
  '"': true,
  '\\': true,
  '/': true,
  b: true,
  f: true,
  n: true,
  r: true,
  t: true,
}

/**
 * How deep objects and lists may be nested. Upstream allows 10,000; no object of the API comes near either, and what
 * walks objects here may recurse.
 */
export const MAX_DEPTH = 1000

/** The error for deeper nesting; `bracket` is the one that was too many. */
export const tooDeep = (bracket: string): DecodeError =>
  new DecodeError(`invalid character '${bracket}' exceeded max depth`)

/**
 * Walks JSON text with the states and the words of Go's scanner. Slow and exact: it runs only when the native parser
 * refused a text (to say why as upstream does) or when members were found to be repeated (to say where).
 */
export class JsonScanner {
  readonly duplicates: string[] = []
  readonly #text: string
  #at = 0
  #depth = 0

  constructor(text: string) {
    this.#text = text
  }

  /** Walks the whole text; throws DecodeError at the first syntax error. */
  scan(): this {
    this.#value('')
    this.#space()
    if (this.#at < this.#text.length) throw this.#invalid('after top-level value')
    return this
  }

  #value(path: string): void {
    this.#space()
    const first = this.#peek()
    if (first === '{' || first === '[') this.#nested(first, path)
    else if (first === '"') this.#string()
    else if (first === 't') this.#literal('true')
    else if (first === 'f') this.#literal('false')
    else if (first === 'n') this.#literal('null')
    else if (first === '-' || isDigit(first)) this.#number()
    else throw this.#invalid('looking for beginning of value')
  }

  #nested(bracket: '{' | '[', path: string): void {
    if (++this.#depth > MAX_DEPTH) throw tooDeep(bracket)
    if (bracket === '{') this.#object(path)
    else this.#array(path)
    this.#depth--
  }

  #object(path: string): void {
    const seen = new Set<string>()
    this.#at++
    this.#space()
    if (this.#peek() === '}') {
      this.#at++
      return
    }
    for (;;) {
      this.#space()
      if (this.#peek() !== '"') throw this.#invalid('looking for beginning of object key string')
      const member = path === '' ? this.#string() : `${path}.${this.#string()}`
      if (seen.has(member)) this.duplicates.push(`duplicate field "${member}"`)
      seen.add(member)
      this.#space()
      if (this.#peek() !== ':') throw this.#invalid('after object key')
      this.#at++
      this.#value(member)
      if (this.#closed('}', 'after object key:value pair')) return
    }
  }

  #array(path: string): void {
    this.#at++
    this.#space()
    if (this.#peek() === ']') {
      this.#at++
      return
    }
    for (let index = 0; ; index++) {
      this.#value(`${path}[${index}]`)
      if (this.#closed(']', 'after array element')) return
    }
  }

  /** After an element: true at the closing bracket, false at a comma. */
  #closed(bracket: string, context: string): boolean {
    this.#space()
    const next = this.#peek()
    if (next !== bracket && next !== ',') throw this.#invalid(context)
    this.#at++
    return next === bracket
  }

  #string(): string {
    const start = this.#at++
    for (;;) {
      const char = this.#peek()
      if (char === '"') break
      if (char < ' ') throw this.#invalid('in string literal')
      this.#at++
      if (char === '\\') this.#escape()
    }
    this.#at++
    return JSON.parse(this.#text.slice(start, this.#at)) as string
  }

  #escape(): void {
    const char = this.#peek()
    if (char !== 'u' && !ESCAPES[char]) throw this.#invalid('in string escape code')
    this.#at++
    if (char !== 'u') return
    for (let digit = 0; digit < 4; digit++) {
      if (!/[0-9a-fA-F]/.test(this.#peek())) throw this.#invalid('in \\u hexadecimal character escape')
      this.#at++
    }
  }

  #literal(word: string): void {
    for (const [index, expected] of [...word].entries()) {
      if (index > 0 && this.#peek() !== expected) {
        throw this.#invalid(`in literal ${word} (expecting ${quoteChar(expected)})`)
      }
      this.#at++
    }
  }

  #number(): void {
    if (this.#peek() === '-') this.#at++
    if (!isDigit(this.#peek())) throw this.#invalid('in numeric literal')
    if (this.#text[this.#at] === '0') this.#at++
    else this.#digits()
    if (this.#text[this.#at] === '.') {
      this.#at++
      if (!isDigit(this.#peek())) throw this.#invalid('after decimal point in numeric literal')
      this.#digits()
    }
    if (this.#text[this.#at] === 'e' || this.#text[this.#at] === 'E') {
      this.#at++
      if (this.#peek() === '+' || this.#peek() === '-') this.#at++
      if (!isDigit(this.#peek())) throw this.#invalid('in exponent of numeric literal')
      this.#digits()
    }
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at] ?? '')) this.#at++
  }

  #space(): void {
    while (/^[ \t\r\n]$/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  /** The next character; throws at the end of the text. */
  #peek(): string {
    const char = this.#text[this.#at]
    if (char === undefined) throw new DecodeError('unexpected end of JSON input')
    return char
  }

  #invalid(context: string): DecodeError {
    return new DecodeError(`invalid character ${quoteChar(this.#peek())} ${context}`)
  }
}

const isDigit = (char: string): boolean => char >= '0' && char <= '9'

function quoteChar(char: string): string {
  if (char === "'") return "'\\''"
  if (char === '"') return `'"'`
  return `'${JSON.stringify(char).slice(1, -1)}'`
}
