const GAP = /(?:[\t \r\n\f]+|\/\/[^\n]*)*/y
const GAP_OR_CLOSED = /(?:[\t \r\n\f)]+|\/\/[^\n]*)*/y

/** Finds tokens in the source again: the library's nodes tell where operands are, but not their operators. */
export class SourceCursor {
  readonly #source: string

  constructor(source: string) {
    this.#source = source
  }

  /** The offset of the token after spaces and comments. */
  after(offset: number): number {
    return this.#skip(GAP, offset)
  }

  /** The offset of the operator after an operand, which may be in parentheses. */
  operatorAfter(end: number): number {
    return this.#skip(GAP_OR_CLOSED, end)
  }

  #skip(gap: RegExp, offset: number): number {
    gap.lastIndex = offset
    return offset + (gap.exec(this.#source)?.[0].length ?? 0)
  }
}
