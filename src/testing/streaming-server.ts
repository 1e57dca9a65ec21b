import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** A SPDY/3 frame: of a control frame the type and body, of a data frame the stream and its bytes. */
export type SpdyFrame =
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly body: Buffer }
  | { readonly kind: 'data'; readonly stream: number; readonly flags: number; readonly body: Buffer }

/** One session as the runtime's end sees it. */
export interface StreamingSession {
  readonly headers: IncomingHttpHeaders
  readonly socket: Duplex
  /** What the client sends; breaking off leaves the session open. */
  frames(): AsyncIterable<SpdyFrame>
  /** `fin`: nothing more will come on this stream. */
  send(stream: number, text: string, options?: { fin?: boolean }): void
}

export interface StreamingServer extends AsyncDisposable {
  readonly url: string
}

/** A container runtime's streaming server (CRI: ExecResponse.url) whose sessions a test plays. */
export async function startStreamingServer(
  play: (session: StreamingSession) => void | Promise<void>,
): Promise<StreamingServer> {
  const open = new Set<Duplex>()
  const server = createServer((_request, response) => {
    response.writeHead(404).end('no such session')
  })
  server.on('upgrade', (request, socket) => {
    open.add(socket)
    socket
      .on('error', () => socket.destroy())
      .on('end', () => socket.end())
      .on('close', () => open.delete(socket))
    const protocol = request.headers['x-stream-protocol-version'] ?? ''
    const lines = ['Connection: Upgrade', 'Upgrade: SPDY/3.1', `X-Stream-Protocol-Version: ${protocol}`]
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`)
    const send = (stream: number, text: string, { fin = false } = {}): void => {
      socket.write(dataFrame(stream, Buffer.from(text), fin ? 1 : 0))
    }
    void play({ headers: request.headers, socket, send, frames: () => framesOf(socket) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/exec/token`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

const HEADER_BYTES = 8

function dataFrame(stream: number, data: Buffer, flags: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32BE(stream, 0)
  header.writeUInt8(flags, 4)
  header.writeUIntBE(data.length, 5, 3)
  return Buffer.concat([header, data])
}

async function* framesOf(socket: Duplex): AsyncGenerator<SpdyFrame> {
  let received = Buffer.alloc(0)
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    received = Buffer.concat([received, chunk])
    while (received.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + received.readUIntBE(5, 3)
      if (received.length < end) break
      yield frameOf(received.subarray(0, end))
      received = received.subarray(end)
    }
  }
}

function frameOf(frame: Buffer): SpdyFrame {
  const [flags, body] = [frame.readUInt8(4), frame.subarray(HEADER_BYTES)]
  if (frame.readUInt8(0) < 0x80) return { kind: 'data', stream: frame.readUInt32BE(0), flags, body }
  return { kind: 'control', type: frame.readUInt16BE(2), flags, body }
}
