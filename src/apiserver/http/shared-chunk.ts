const LINE_BREAK = Buffer.from('\r\n')

/** Bytes that go out on many answers: what HTTP/1.1 puts around them is put once. */
export class SharedChunk {
  readonly bytes: Uint8Array
  #framed: Uint8Array | undefined

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** As a chunk of a body of unknown length (RFC 9112, 7.1). */
  get framed(): Uint8Array {
    const { bytes } = this
    this.#framed ??= Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, LINE_BREAK])
    return this.#framed
  }
}
