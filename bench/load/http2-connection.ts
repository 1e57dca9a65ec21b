import { once } from 'node:events'
import { type ConnectionOptions, connect } from 'node:tls'
import { systemClock } from '../../src/base/clock.ts'
import { Http2Connection as Client } from '../../src/base/http2/client/http2-connection.ts'
import type { Stream, StreamSink } from '../../src/base/http2/client/stream.ts'
import { encodeHeaders } from '../../src/base/http2/header-encoder.ts'
import { ErrorCode } from '../../src/base/http2/http2-error.ts'
import { type Answer, type Connection, JSON_TYPE, type Request } from './request.ts'
import type { Target } from './target.ts'

const NOTHING = Buffer.alloc(0)
/** Of requests whose heads differ in the path alone. */
const MAX_KINDS = 64

/** What comes on every connection, one read after the other, as for HTTP/1.1. */
const received = Buffer.allocUnsafeSlow(64 * 1024)

/** Opens an HTTP/2 connection; resolves after the server's settings. */
export async function openHttp2({ host, port, tls, token }: Target): Promise<Connection> {
  const callback = (length: number): boolean => socket.emit('data', received.subarray(0, length))
  const onread = { buffer: received, callback }
  const socket = connect({ host, port, ...tls, ALPNProtocols: ['h2'], onread } as ConnectionOptions)
  socket.resume() // for the end, which still comes by the stream
  await once(socket, 'secureConnect')
  socket.setNoDelay(true)
  const client = await Client.open(socket, { clock: systemClock })
  return new Http2Connection(client, `${host}:${port}`, token ? { authorization: `Bearer ${token}` } : {})
}

/** What of a head is the same in all requests of a kind, before and after the path. */
interface Around {
  readonly before: Buffer
  readonly after: Buffer
}

class Http2Connection implements Connection {
  readonly #client: Client
  readonly #authority: string
  readonly #common: Readonly<Record<string, string>>
  readonly #around = new Map<string, Around>()

  constructor(client: Client, authority: string, common: Readonly<Record<string, string>>) {
    this.#client = client
    this.#authority = authority
    this.#common = common
  }

  send(request: Request): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const kept: Buffer[] = []
    let status = 0
    let bytes = 0
    const finish = () => resolve({ status, bytes, body: kept.length === 0 ? '' : Buffer.concat(kept).toString() })
    this.#open(request, {
      onHeaders(headers, isLast) {
        status = Number(headers.get(':status'))
        if (isLast) finish()
      },
      onData(piece, isLast) {
        bytes += piece.length
        if (request.keepsBody) kept.push(Buffer.from(piece))
        if (isLast) finish()
      },
      onFailed: ({ why }) => reject(new Error(why)),
    })
    return promise
  }

  stream(request: Request, take: (piece: Buffer) => void): Promise<() => void> {
    const { promise, resolve, reject } = Promise.withResolvers<() => void>()
    const stream = this.#open(request, {
      onHeaders(headers) {
        if (headers.get(':status') === '200') resolve(() => stream.cancel(ErrorCode.Cancel))
        else reject(new Error(`refused: ${headers.get(':status')}`))
      },
      onData: take,
      onFailed: ({ why }) => reject(new Error(why)),
    })
    return promise
  }

  close(): void {
    this.#client.close()
  }

  #open(request: Request, sink: StreamSink): Stream {
    const { before, after } = this.#headAround(request)
    const stream = this.#client.request(Buffer.concat([before, encodeHeaders({ ':path': request.path }), after]), sink)
    stream.send(request.body === undefined ? NOTHING : Buffer.from(request.body), true)
    return stream
  }

  #headAround({ method, body, type = JSON_TYPE, headers = {} }: Request): Around {
    const kind = `${method} ${body === undefined ? '' : type} ${JSON.stringify(headers)}`
    const known = this.#around.get(kind)
    if (known) return known
    const content: Record<string, string> = body === undefined ? {} : { 'content-type': type }
    const around = {
      before: encodeHeaders({ ':method': method, ':scheme': 'https', ':authority': this.#authority }),
      after: encodeHeaders({ ...content, ...this.#common, ...headers }),
    }
    if (this.#around.size < MAX_KINDS) this.#around.set(kind, around)
    return around
  }
}
