import { GrpcCode, GrpcError } from './grpc-error.ts'

/** A byte that says whether the message is compressed, and four of its length (gRPC over HTTP/2, Length-Prefixed-Message). */
export const PREFIX_BYTES = 5

/** A message as it is sent. */
export function framed(message: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(PREFIX_BYTES + message.length)
  out[0] = 0
  out.writeUInt32BE(message.length, 1)
  out.set(message, PREFIX_BYTES)
  return out
}

/** Cuts the data of a stream into messages. */
export class MessageReader {
  /** Of a message that is not complete. */
  #pieces: Buffer[] = []
  #length = 0
  readonly #maxBytes: number

  /** Messages longer than `maxBytes` are refused. */
  constructor(maxBytes = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes
  }

  /** Hands out the messages that end in `bytes`, as views where they lie in one piece. Throws GrpcError. */
  read(bytes: Buffer, take: (message: Buffer) => void): void {
    if (bytes.length > 0) this.#pieces.push(bytes)
    this.#length += bytes.length
    for (let end = this.#end(); this.#length >= end; end = this.#end()) {
      const all = this.#joined()
      if (all[0] !== 0)
        throw new GrpcError(GrpcCode.Internal, 'a message is compressed, which was not agreed on', 'sent')
      this.#pieces = all.length > end ? [all.subarray(end)] : []
      this.#length -= end
      take(all.subarray(PREFIX_BYTES, end))
    }
  }

  /** Where the first message ends, counted from its beginning; beyond all there is when that is not known yet. */
  #end(): number {
    if (this.#length < PREFIX_BYTES) return Number.POSITIVE_INFINITY
    if (this.#pieces[0]!.length < PREFIX_BYTES) this.#joined()
    const length = this.#pieces[0]!.readUInt32BE(1)
    if (length > this.#maxBytes) throw new GrpcError(GrpcCode.Internal, `a message has ${length} bytes`, 'sent')
    return PREFIX_BYTES + length
  }

  #joined(): Buffer {
    if (this.#pieces.length > 1) this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#pieces[0]!
  }
}
