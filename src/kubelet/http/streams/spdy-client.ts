import type { Duplex } from 'node:stream'

/**
 * The client's side of SPDY/3.1 as container runtimes speak it for exec and attach: we open streams, write to some and read
 * from others. Header blocks that come in are passed over, since nothing we need is in them, and ours go out as stored
 * (uncompressed) zlib blocks: so no compression state is kept. Flow control is not used by any runtime's server.
 */
export class SpdyClient {
  readonly #socket: Duplex
  readonly #streams = new Map<number, SpdyHandler>()
  #nextId = 1
  #headersBegun = false
  #received: Buffer = Buffer.alloc(0)

  /** `closed` is called once, when the connection ends for whatever reason. */
  constructor(socket: Duplex, head: Buffer, closed: () => void) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', closed)
    if (head.length > 0) this.#read(head)
  }

  /** Opens a stream with these headers; returns its id. */
  open(headers: Readonly<Record<string, string>>, handler: SpdyHandler): number {
    const id = this.#nextId
    this.#nextId += 2
    this.#streams.set(id, handler)
    const body = Buffer.concat([uint32(id), uint32(0), Buffer.from([0, 0]), this.#headerBlock(headers)])
    this.#socket.write(Buffer.concat([controlHeader(FrameType.SynStream, 0, body.length), body]))
    return id
  }

  /** False when the socket's buffer is full: wait for `drained`. */
  write(id: number, data: Uint8Array): boolean {
    return this.#socket.write(Buffer.concat([dataHeader(id, 0, data.length), data]))
  }

  /** Says that nothing more will be written to a stream. */
  finish(id: number): void {
    this.#socket.write(dataHeader(id, FLAG_FIN, 0))
  }

  onDrained(listener: () => void): void {
    this.#socket.on('drain', listener)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.end()
  }

  #read(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    while (this.#received.length >= HEADER_BYTES) {
      const length = this.#received.readUIntBE(5, 3)
      if (this.#received.length < HEADER_BYTES + length) return
      const frame = this.#received.subarray(0, HEADER_BYTES + length)
      this.#received = this.#received.subarray(HEADER_BYTES + length)
      this.#handle(frame)
    }
  }

  #handle(frame: Buffer): void {
    const body = frame.subarray(HEADER_BYTES)
    const ended = ((frame[4] as number) & FLAG_FIN) !== 0
    if ((frame[0] as number) < 0x80) return this.#deliver(frame.readUInt32BE(0), body, ended)
    const type = frame.readUInt16BE(2)
    if (type === FrameType.Ping) this.#socket.write(frame)
    else if (type === FrameType.RstStream) this.#deliver(body.readUInt32BE(0), Buffer.alloc(0), true)
    else if (type === FrameType.SynReply && ended) this.#deliver(body.readUInt32BE(0), Buffer.alloc(0), true)
  }

  #deliver(id: number, data: Buffer, ended: boolean): void {
    const handler = this.#streams.get(id)
    if (!handler) return
    if (data.length > 0) handler.data(data)
    if (!ended) return
    this.#streams.delete(id)
    handler.end()
  }

  #headerBlock(headers: Readonly<Record<string, string>>): Buffer {
    const pairs = Object.entries(headers).flatMap(([name, value]) => [
      lengthPrefixed(name.toLowerCase()),
      lengthPrefixed(value),
    ])
    const plain = Buffer.concat([uint32(Object.keys(headers).length), ...pairs])
    const begin = this.#headersBegun ? Buffer.alloc(0) : ZLIB_BEGIN
    this.#headersBegun = true
    return Buffer.concat([begin, storedBlock(plain), SYNC])
  }
}

export interface SpdyHandler {
  data(chunk: Buffer): void
  end(): void
}

const FrameType = { SynStream: 1, SynReply: 2, RstStream: 3, Ping: 6 } as const
const HEADER_BYTES = 8
const FLAG_FIN = 1

/** zlib header that names SPDY/3's preset dictionary by its Adler-32; stored blocks then make no use of it. */
const ZLIB_BEGIN = Buffer.from([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2])

/** An empty stored block: readers pass on what they have when they meet it (zlib's Z_SYNC_FLUSH); Go's waits for it. */
const SYNC = Buffer.from([0, 0, 0, 0xff, 0xff])

/** RFC 1951 §3.2.4, not the last block. */
function storedBlock(data: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.writeUInt16LE(data.length, 1)
  header.writeUInt16LE(~data.length & 0xffff, 3)
  return Buffer.concat([header, data])
}

function controlHeader(type: number, flags: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt16BE(0x8003, 0)
  header.writeUInt16BE(type, 2)
  header.writeUInt8(flags, 4)
  header.writeUIntBE(length, 5, 3)
  return header
}

function dataHeader(id: number, flags: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(id, 0)
  header.writeUInt8(flags, 4)
  header.writeUIntBE(length, 5, 3)
  return header
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function lengthPrefixed(text: string): Buffer {
  const bytes = Buffer.from(text)
  return Buffer.concat([uint32(bytes.length), bytes])
}
