const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')

export interface ResponseSink {
  head(status: number): void
  piece(bytes: Buffer): void
  end(): void
}

type State =
  /** `left`: of the body or the chunk; Infinity of a body that ends with the connection. */
  { kind: 'head' } | { kind: 'body'; left: number } | { kind: 'size' } | { kind: 'chunk'; left: number }

/**
 * Reads the HTTP/1.1 responses of one connection, one after the other. Node's own client costs more than a fast server: then
 * a benchmark measures the client. It knows no trailers and no responses without a body but those of length 0.
 */
export class ResponseReader {
  readonly #sink: ResponseSink
  #state: State = { kind: 'head' }
  #rest: Buffer = Buffer.alloc(0)

  constructor(sink: ResponseSink) {
    this.#sink = sink
  }

  /** The bytes are the caller's again when it returns, and so are the pieces that the sink was given. */
  feed(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    while (this.#rest.length > 0 && this.#step());
    if (this.#rest.length > 0) this.#rest = Buffer.from(this.#rest)
  }

  /** Whether it came on; false: more bytes are needed. */
  #step(): boolean {
    switch (this.#state.kind) {
      case 'head':
        return this.#head()
      case 'size':
        return this.#chunkSize()
      default:
        return this.#content(this.#state)
    }
  }

  #head(): boolean {
    const end = this.#rest.indexOf(HEAD_END)
    if (end === -1) return false
    const text = this.#rest.toString('latin1', 0, end).toLowerCase()
    this.#rest = this.#rest.subarray(end + HEAD_END.length)
    this.#sink.head(Number(text.slice(9, 12)))
    if (text.includes('transfer-encoding: chunked')) this.#state = { kind: 'size' }
    else this.#begin(Number(/content-length: *(\d+)/.exec(text)?.[1] ?? 0))
    return true
  }

  #begin(length: number): void {
    if (length === 0) this.#finish()
    else this.#state = { kind: 'body', left: length }
  }

  #chunkSize(): boolean {
    const end = this.#rest.indexOf(LINE_END)
    if (end === -1) return false
    const size = Number.parseInt(this.#rest.toString('latin1', 0, end), 16)
    if (size === 0) {
      if (this.#rest.length < end + 4) return false
      this.#rest = this.#rest.subarray(end + 4)
      this.#finish()
      return true
    }
    this.#rest = this.#rest.subarray(end + 2)
    this.#state = { kind: 'chunk', left: size + 2 } // with the line break after it
    return true
  }

  #content(state: Extract<State, { left: number }>): boolean {
    const { kind, left } = state
    const taken = Math.min(left, this.#rest.length)
    const data = kind === 'chunk' ? Math.min(taken, left - 2) : taken
    if (data > 0) this.#sink.piece(this.#rest.subarray(0, data))
    this.#rest = this.#rest.subarray(taken)
    state.left -= taken
    if (state.left > 0) return true
    if (kind === 'chunk') this.#state = { kind: 'size' }
    else this.#finish()
    return true
  }

  #finish(): void {
    this.#state = { kind: 'head' }
    this.#sink.end()
  }
}
