import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { type Body, wholeBody } from '../body.ts'
import { BodyTooLarge, ClientGone, type Exchange, type ResponseHeaders, type ResponseStream } from '../exchange.ts'
import { Gathered } from './gathered.ts'
import type { RequestFields } from './request-fields.ts'
import { responseFields } from './response-fields.ts'
import type { ServerStream } from './server-stream.ts'

/** An exchange by HTTP/2. */
export class Http2Exchange implements Exchange {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly socket: TLSSocket
  readonly hasBody: boolean
  readonly #stream: ServerStream
  readonly #bodyBytes: number
  #aborted: AbortController | undefined
  #incoming: Readable | undefined

  constructor(stream: ServerStream, { method, url, headers, bodyBytes = 0 }: RequestFields, socket: TLSSocket) {
    this.#stream = stream
    this.method = method
    this.url = url
    this.headers = headers
    this.#bodyBytes = bodyBytes
    this.socket = socket
    this.hasBody = !stream.isRemoteEnded
  }

  get incoming(): Readable {
    this.#incoming ??= readableOf(this.#stream)
    return this.#incoming
  }

  get signal(): AbortSignal {
    if (!this.#aborted) {
      const aborted = new AbortController()
      this.#aborted = aborted
      this.#stream.whenGone(() => aborted.abort())
    }
    return this.#aborted.signal
  }

  get isAnswered(): boolean {
    return this.#stream.hasHead
  }

  body(limit: number): Promise<Uint8Array> | Uint8Array {
    if (this.#bodyBytes > limit) return Promise.reject(new BodyTooLarge())
    const whole = this.#stream.wholeBody()
    if (whole && whole.length <= limit) return whole
    return whole ? Promise.reject(new BodyTooLarge()) : gathered(this.#stream, limit)
  }

  respond(status: number, headers: ResponseHeaders, body: Body): void {
    const bytes = bytesOf(body)
    headers['content-length'] = bytes.length
    const fields = responseFields(status, headers)
    if (this.#isBodiless(status) || bytes.length === 0) this.#stream.head(fields, true)
    else this.#stream.answer(fields, bytes)
  }

  stream(status: number, headers: ResponseHeaders): ResponseStream {
    this.#stream.head(responseFields(status, headers), this.#isBodiless(status))
    return this.#stream
  }

  #isBodiless(status: number): boolean {
    return this.method === 'HEAD' || status === 204 || status === 304
  }
}

function bytesOf(body: Body): Uint8Array {
  const whole = wholeBody(body)
  return typeof whole === 'string' ? Buffer.from(whole) : whole
}

function gathered(stream: ServerStream, limit: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>()
  const body = new Gathered()
  stream.read({
    data(bytes) {
      if (body.length + bytes.length <= limit) body.add(bytes)
      else reject(new BodyTooLarge())
      return true
    },
    end: () => resolve(body.whole()),
    gone: () => reject(new ClientGone()),
  })
  return promise
}

/** The client may send on as fast as it is read. */
function readableOf(stream: ServerStream): Readable {
  let held = 0
  const readable = new Readable({
    read() {
      const bytes = held
      held = 0
      if (bytes > 0) stream.credit(bytes)
    },
  })
  readable.on('error', () => {}) // the client has gone: the signal tells
  stream.read({
    data(bytes) {
      const isWanted = readable.push(bytes)
      if (!isWanted) held += bytes.length
      return isWanted
    },
    end: () => void readable.push(null),
    gone: () => void readable.destroy(new ClientGone()),
  })
  return readable
}
