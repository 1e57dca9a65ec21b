import { once } from 'node:events'
import { type ClientHttp2Session, type ClientSessionOptions, connect as connectHttp2 } from 'node:http2'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Exchange } from '../apiserver/http/exchange.ts'
import { Http2Connection } from '../apiserver/http/http2/http2-connection.ts'
import { type Clock, systemClock } from '../base/clock.ts'
import { PREFACE, settingsFrame } from '../base/http2/frame.ts'
import { type LogFields, type Logger, silentLogger } from '../base/log.ts'
import { RawPeer } from './http2-peer.ts'

/** What every client begins with. */
export const HELLO = Buffer.concat([PREFACE, settingsFrame([])])

export interface ServedHttp2 extends AsyncDisposable {
  /** The server's ends, in the order in which they were opened. */
  readonly connections: readonly Http2Connection[]
  /** Their sockets. */
  readonly sockets: readonly Socket[]
  /** What went wrong in the server's own code. */
  readonly faults: readonly unknown[]
  /** A client on which a test sends the bytes it likes; it begins with `hello`. */
  raw(hello?: Uint8Array): Promise<RawPeer>
  /** The client of node:http2, which is nghttp2. */
  node(options?: ClientSessionOptions): ClientHttp2Session
}

/** The API server's end of HTTP/2, without TLS: connections under test whose requests `handle` answers. */
export async function serveHttp2(
  handle: (exchange: Exchange) => void,
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<ServedHttp2> {
  const connections: Http2Connection[] = []
  const sockets: Socket[] = []
  const faults: unknown[] = []
  const log: Logger = {
    ...silentLogger,
    error: (_message: string, fields?: LogFields) => void faults.push(fields?.error),
  }
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') faults.push(error)
      socket.destroy()
    })
    connections.push(new Http2Connection({ socket: socket as TLSSocket, clock, log, handle }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const clients = new Set<{ destroy(): void }>()
  return {
    connections,
    sockets,
    faults,
    async raw(hello = HELLO) {
      const socket = connect({ host: '127.0.0.1', port, noDelay: true })
      clients.add(socket)
      const arrived = once(server, 'connection')
      await Promise.all([arrived, once(socket, 'connect')])
      const peer = new RawPeer(socket, 0)
      peer.send(hello)
      return peer
    },
    node(options) {
      const session = connectHttp2(`http://127.0.0.1:${port}`, options)
      session.on('error', () => {})
      clients.add(session)
      return session
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
