import type { IncomingHttpHeaders } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2'
import { Agent, request as requestHttps } from 'node:https'
import type { ApiConnection } from '../e2e/harness/api.ts'
import type { Answer } from './answer.ts'
import { type FuzzRequest, Way } from './fuzz-request.ts'

/** How long a watch is looked at. */
const WATCH_MS = 25
/** Longer than any answer may take; reads of revisions to come wait 3 s. */
const ANSWER_MS = 30_000
const SESSIONS = 4
const HTTP1_SOCKETS = 64

/** Sends requests over HTTP/1.1 and HTTP/2, as each says. Undefined: it was broken off as planned, so nothing came. */
export class Senders implements Disposable {
  readonly #connection: ApiConnection
  readonly #agent: Agent
  readonly #sessions: (ClientHttp2Session | undefined)[] = Array.from({ length: SESSIONS })

  constructor(connection: ApiConnection) {
    this.#connection = connection
    this.#agent = new Agent({ keepAlive: true, maxSockets: HTTP1_SOCKETS, ...connection })
  }

  send(request: FuzzRequest): Promise<Answer | undefined> {
    return request.way === Way.Http1 || request.way === Way.Http1Cut ? this.#byHttp1(request) : this.#byHttp2(request)
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
    for (const session of this.#sessions) session?.destroy()
  }

  #byHttp1(request: FuzzRequest): Promise<Answer | undefined> {
    const { method, path, headers, body, chunked, way, cutAfterMs } = request
    const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>()
    const framing = body === undefined || chunked ? {} : { 'content-length': String(body.length) }
    const transfer = body !== undefined && chunked ? { 'transfer-encoding': 'chunked' } : {}
    const all = { ...headers, ...framing, ...transfer }
    const sent = requestHttps({ ...this.#connection, agent: this.#agent, method, path, headers: all })
    const isCut = way === Way.Http1Cut
    const late = setTimeout(
      () => sent.destroy(new Error(`no answer in ${ANSWER_MS} ms`)),
      isCut ? cutAfterMs : ANSWER_MS,
    )
    sent.on('error', (error) => (isCut ? resolve(undefined) : reject(error)))
    sent.on('close', () => clearTimeout(late))
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      const answered = (isPartial: boolean) =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes: Buffer.concat(chunks),
          isPartial,
        })
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => answered(false))
      response.on('error', (error) => (isCut ? resolve(undefined) : reject(error)))
      if (!isWatch(path, response.headers)) return
      setTimeout(() => {
        answered(true)
        response.destroy()
      }, WATCH_MS)
    })
    sent.end(body)
    return promise
  }

  async #byHttp2({ method, path, headers, body, way, cutAfterMs, number }: FuzzRequest): Promise<Answer | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>()
    const isCut = way === Way.Http2Reset
    const stream = this.#session(number % SESSIONS).request(
      { ':method': method, ':path': path, ...headers },
      { endStream: false },
    )
    const cancel = () => stream.close(constants.NGHTTP2_CANCEL)
    const late = setTimeout(
      () => (isCut ? cancel() : stream.destroy(new Error(`no answer in ${ANSWER_MS} ms`))),
      isCut ? cutAfterMs : ANSWER_MS,
    )
    const chunks: Buffer[] = []
    let answer: Omit<Answer, 'bytes' | 'isPartial'> | undefined
    let isPartial = false
    stream.on('response', (response) => {
      answer = { status: response[':status'] ?? 0, headers: response as Answer['headers'] }
      if (!isWatch(path, response)) return
      isPartial = true
      setTimeout(cancel, WATCH_MS)
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', (error) => (isCut || isPartial ? undefined : reject(error)))
    stream.on('close', () => {
      clearTimeout(late)
      if (answer && !isCut) resolve({ ...answer, bytes: Buffer.concat(chunks), isPartial })
      else if (isCut) resolve(undefined)
      else reject(new Error('the stream was closed without an answer'))
    })
    if (isCut && body && cutAfterMs % 2 === 0) stream.write(body.subarray(0, body.length / 2))
    else stream.end(body)
    return promise
  }

  /** Sessions that the server ended are made anew. */
  #session(index: number): ClientHttp2Session {
    const open = this.#sessions[index]
    if (open && !open.closed && !open.destroyed) return open
    const { hostname, port, ...tls } = this.#connection
    const session = connectHttp2(`https://${hostname}:${port}`, tls)
    session.setMaxListeners(0)
    session.on('error', () => session.destroy())
    this.#sessions[index] = session
    return session
  }
}

/** In JSON only the lack of a length tells a watch, which a large list lacks as well. */
function isWatch(path: string, headers: IncomingHttpHeaders): boolean {
  return (
    headers['content-type']?.includes('stream=watch') === true || (!headers['content-length'] && /watch/.test(path))
  )
}
