import { once } from 'node:events'
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { type Answer, type Connection, JSON_TYPE, type Request } from './request.ts'
import type { Target } from './target.ts'

/** Opens an HTTP/2 connection; resolves after the handshake. */
export async function openHttp2({ host, port, tls, token }: Target): Promise<Connection> {
  const session = connect(`https://${host}:${port}`, { ...tls, settings: { initialWindowSize: 4 * 1024 * 1024 } })
  await once(session, 'connect')
  session.setLocalWindowSize(16 * 1024 * 1024) // as generous as HTTP/1.1, which has no windows of its own
  return new Http2Connection(session, token ? { authorization: `Bearer ${token}` } : {})
}

class Http2Connection implements Connection {
  readonly #session: ClientHttp2Session
  readonly #common: Readonly<Record<string, string>>

  constructor(session: ClientHttp2Session, common: Readonly<Record<string, string>>) {
    this.#session = session
    this.#common = common
    session.on('error', () => session.destroy())
  }

  send(request: Request): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    const stream = this.#open(request)
    const kept: Buffer[] = []
    let status = 0
    let bytes = 0
    stream.on('response', (headers) => {
      status = headers[':status'] ?? 0
    })
    stream.on('data', (piece: Buffer) => {
      bytes += piece.length
      if (request.keepsBody) kept.push(piece)
    })
    stream.on('error', reject)
    stream.on('end', () => resolve({ status, bytes, body: kept.length === 0 ? '' : Buffer.concat(kept).toString() }))
    stream.end(request.body)
    return promise
  }

  stream(request: Request, take: (piece: Buffer) => void): Promise<() => void> {
    const { promise, resolve, reject } = Promise.withResolvers<() => void>()
    const stream = this.#open(request)
    stream.on('response', ({ ':status': status }) =>
      status === 200 ? resolve(() => stream.close()) : reject(new Error(`refused: ${status}`)),
    )
    stream.on('data', take)
    stream.on('error', reject)
    stream.end()
    return promise
  }

  close(): void {
    this.#session.destroy()
  }

  #open({ method, path, body, type = JSON_TYPE, headers }: Request): ClientHttp2Stream {
    return this.#session.request({
      ':method': method,
      ':path': path,
      ...(body !== undefined && { 'content-type': type }),
      ...this.#common,
      ...headers,
    })
  }
}
