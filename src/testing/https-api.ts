import { generateKeyPairSync } from 'node:crypto'
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { Agent, request as httpsRequest } from 'node:https'
import { issueCertificate } from '../apiserver/pki/issue.ts'
import type { ApiServerOptions } from '../apiserver/server.ts'
import { startTestApi, type TestApi } from './api-server.ts'

export const Protocol = { Http1: 'HTTP/1.1', Http2: 'HTTP/2' } as const
export type Protocol = (typeof Protocol)[keyof typeof Protocol]

export interface HttpRequest {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  readonly bytes: Buffer
}

/** An answer that comes piece by piece: a watch. */
export interface HttpStream {
  readonly status: number
  /** The lines of the answer, as they come. */
  readonly lines: AsyncIterable<string>
  /** The same as it comes, instead of `lines`. */
  readonly chunks: AsyncIterable<Buffer>
  readonly headers: IncomingHttpHeaders
  /** Stops reading, so that flow control reaches the server. */
  pause(): void
  cancel(): void
  /** Resolves when the answer is over, whoever ended it. */
  readonly closed: Promise<void>
}

/** A test API that also listens on loopback, with a certificate of its own that clients need not check. */
export interface HttpsApi extends TestApi {
  readonly port: number
  send(protocol: Protocol, request: HttpRequest): Promise<HttpAnswer>
  open(protocol: Protocol, request: HttpRequest): Promise<HttpStream>
}

/** `await using api = await startHttpsApi()`. */
export async function startHttpsApi(options: Partial<ApiServerOptions> = {}): Promise<HttpsApi> {
  const api = await startTestApi({ listen: { host: '127.0.0.1', port: 0, tls: await selfSigned() }, ...options })
  const { port } = api.server.address()
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  let session: ClientHttp2Session | undefined
  const http2 = () => (session ??= connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }))
  const openers = {
    [Protocol.Http1]: (request: HttpRequest) => openHttp1(agent, port, request),
    [Protocol.Http2]: (request: HttpRequest) => openHttp2(http2(), request),
  }
  return {
    ...api,
    port,
    open: async (protocol, request) => streamOf(await openers[protocol](request)),
    send: async (protocol, request) => wholeOf(await openers[protocol](request)),
    async [Symbol.asyncDispose]() {
      agent.destroy()
      session?.destroy()
      await api[Symbol.asyncDispose]()
    },
  }
}

interface Opened {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: NodeJS.ReadableStream & AsyncIterable<Buffer> & { destroy(): void }
}

function openHttp1(agent: Agent, port: number, { method = 'GET', path, headers, body }: HttpRequest): Promise<Opened> {
  const { promise, resolve, reject } = Promise.withResolvers<Opened>()
  // Node.js frames bodies of its own accord only where a method usually has one: not for DELETE.
  const framing = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const sent = httpsRequest({ agent, host: '127.0.0.1', port, method, path, headers: { ...headers, ...framing } })
  sent.on('response', (answer) =>
    resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: answer as Opened['body'] }),
  )
  sent.on('error', reject)
  sent.end(body)
  return promise
}

function openHttp2(session: ClientHttp2Session, { method = 'GET', path, headers, body }: HttpRequest): Promise<Opened> {
  const { promise, resolve, reject } = Promise.withResolvers<Opened>()
  const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: false })
  stream.on('response', (answer) =>
    resolve({ status: answer[':status'] ?? 0, headers: answer, body: stream as unknown as Opened['body'] }),
  )
  stream.on('error', reject)
  stream.end(body)
  return promise
}

async function wholeOf({ status, headers, body }: Opened): Promise<HttpAnswer> {
  const chunks: Buffer[] = []
  for await (const chunk of body) chunks.push(chunk)
  const bytes = Buffer.concat(chunks)
  return { status, headers, text: bytes.toString(), bytes }
}

function streamOf({ status, headers, body }: Opened): HttpStream {
  const { promise: closed, resolve } = Promise.withResolvers<void>()
  body.on('close', resolve)
  body.on('error', () => resolve())
  const lines = linesOf(body)
  return { status, headers, lines, chunks: body, pause: () => body.pause(), cancel: () => body.destroy(), closed }
}

async function* linesOf(body: AsyncIterable<Buffer>): AsyncIterable<string> {
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + chunk.toString()).split('\n')
    rest = lines.pop() as string
    yield* lines
  }
}

const LOOPBACK = ['127.0.0.1', 'localhost']

/** A certificate for loopback, or for other hosts. */
export async function selfSigned(hosts: readonly string[] = LOOPBACK): Promise<{ cert: string; key: string }> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = { commonName: 'test' }
  const now = Date.now()
  const hour = 3_600_000
  const validity = { notBefore: now - hour, notAfter: now + hour }
  const request = { subject, publicKey, usages: ['server'] as const, hosts, ...validity }
  const cert = await issueCertificate(request, { subject, key: privateKey })
  return { cert, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string }
}
