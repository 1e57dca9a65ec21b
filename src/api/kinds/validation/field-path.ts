/**
 * Where in an object a validator stands: `spec.containers[0].resources.limits[cpu]`. Steps are linked, and the text is
 * made only when an error asks for it, so that checking a valid object costs no strings.
 */
export class FieldPath {
  readonly #parent: FieldPath | undefined
  readonly #step: string | number
  readonly #isKey: boolean

  private constructor(parent: FieldPath | undefined, step: string | number, isKey: boolean) {
    this.#parent = parent
    this.#step = step
    this.#isKey = isKey
  }

  /** The path of a field of the object itself, or of `a.b` below it. */
  static of(field: string): FieldPath {
    return new FieldPath(undefined, field, false)
  }

  /** A field of the struct here; `a.b` goes two levels down. */
  child(field: string): FieldPath {
    return new FieldPath(this, field, false)
  }

  /** An item of the list here: `[3]`. */
  index(position: number): FieldPath {
    return new FieldPath(this, position, false)
  }

  /** An entry of the map here: `[key]`. */
  key(name: string): FieldPath {
    return new FieldPath(this, name, true)
  }

  toString(): string {
    const before = this.#parent?.toString() ?? ''
    if (this.#isKey || typeof this.#step === 'number') return `${before}[${this.#step}]`
    return before === '' ? this.#step : `${before}.${this.#step}`
  }
}
