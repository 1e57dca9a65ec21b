import { type FieldError, FieldErrorType } from '../../field-error.ts'
import { valueMessage } from '../go-text.ts'

/** One thing that a validator found; `text` tells it from others, of which the first stays. */
export interface Finding {
  readonly text: string
  readonly error: FieldError
}

/**
 * What the validators of one value found so far, and where in it they are. In the alternatives of anyOf and oneOf they
 * look without taking notes: `quietly`. `matches` counts the checks that held, as upstream's MatchCount: of several
 * alternatives that all failed, the one with the most is told.
 */
export class Findings {
  readonly #list: Finding[] = []
  readonly #prefix: string
  readonly #steps: (string | number)[] = []
  #quiet = 0
  /** Of the whole value; in the list are those that were not found quietly. */
  failures = 0
  matches = 0

  /** `prefix`: the path of the value, '' for a root. It is part of field names, not of messages. */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  get isAtRoot(): boolean {
    return this.#steps.length === 0
  }

  enter(step: string | number): void {
    this.#steps.push(step)
  }

  leave(): void {
    this.#steps.pop()
  }

  /** The path below the value, as messages have it: `spec.list[0]`. */
  path(): string {
    let path = ''
    for (const step of this.#steps) {
      if (typeof step === 'number') path += `[${step}]`
      else path = path === '' ? step : `${path}.${step}`
    }
    return path
  }

  /** A failure whose error names the field and shows a value: `what` follows `<path> in body`. */
  fail(type: FieldErrorType, value: unknown, what: string): void {
    this.failures++
    if (this.#quiet === 0) this.#tell(type, value, `${this.path()} in body ${what}`)
  }

  /** The same with words of its own. */
  failNamed(type: FieldErrorType, value: unknown, text: (path: string) => string): void {
    this.failures++
    if (this.#quiet === 0) this.#tell(type, value, text(this.path()))
  }

  #tell(type: FieldErrorType, value: unknown, text: string): void {
    this.#list.push({ text, error: { type, field: this.#field(), message: valueMessage(type, value, text) } })
  }

  /** A failure that has its own message, after `<path> in body <what>` as the text that tells it from others. */
  failWith(what: string, error: Omit<FieldError, 'field'>, below = ''): void {
    this.failures++
    if (this.#quiet > 0) return
    const path = this.path() + below
    this.#list.push({ text: `${path} in body ${what}`, error: { ...error, field: this.#field(below) } })
  }

  /** A failure that upstream knows no field for: it is told of the whole value. */
  failWhole(text: (path: string) => string): void {
    this.failures++
    if (this.#quiet > 0) return
    const message = text(this.path())
    const error = { type: FieldErrorType.Invalid, field: this.#prefix || '<nil>' }
    this.#list.push({ text: message, error: { ...error, message: valueMessage(error.type, '', message) } })
  }

  /** How many failures there were when `look` came to its end, and the matches; nothing of it stays. */
  quietly(look: () => void): { failures: number; matches: number } {
    const { failures, matches } = this
    this.#quiet++
    this.failures = 0
    this.matches = 0
    look()
    this.#quiet--
    const found = { failures: this.failures, matches: this.matches }
    this.failures = failures
    this.matches = matches
    return found
  }

  /** Forgets what was found since there were `failures`. */
  forget(failures: number): void {
    this.failures = failures
    if (this.#quiet === 0) this.#list.length = failures
  }

  errors(): FieldError[] {
    const byText = new Map<string, FieldError>()
    for (const { text, error } of this.#list) if (!byText.has(text)) byText.set(text, error)
    return [...byText.values()]
  }

  #field(below = ''): string {
    const path = this.path() + below
    if (path === '') return this.#prefix || '<nil>'
    return this.#prefix === '' ? path.replace(/^\./, '') : `${this.#prefix}.${path.replace(/^\./, '')}`
  }
}
