import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import { DecodeError } from '../../api/codec/decode-error.ts'
import { decodeJson } from '../../api/codec/json.ts'
import { answerError } from './answer-error.ts'
import { goErrorText } from './go-error-text.ts'
import type { ServiceResolver } from './service-resolver.ts'

/** How a webhook is reached, as admissionregistration and apiextensions have it: by a URL or as a Service. */
export interface WebhookClientConfig {
  readonly url?: string
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    readonly port?: number
  }
  /** PEM in base64; absent: the authorities that this program knows. */
  readonly caBundle?: string
}

interface Answer {
  readonly code: number
  readonly contentType: string
  readonly body: Buffer
}

const HTTPS_PORT = 443
const MAX_ANSWER_BYTES = 64 * 1024 * 1024
const IDLE_MS = 30_000

/**
 * Posts reviews to one webhook. Failures are Errors in the words of Go's HTTP client and client-go; who asks says what for.
 */
export class WebhookClient {
  readonly #config: WebhookClientConfig
  readonly #resolve: ServiceResolver
  /** `https://name.ns.svc:443/path`, as failures name it. */
  readonly #url: URL
  readonly #agent = new Agent({ keepAlive: true, timeout: IDLE_MS })

  /** Throws when there is neither a URL that can be read nor a Service. */
  constructor(config: WebhookClientConfig, resolve: ServiceResolver) {
    this.#config = config
    this.#resolve = resolve
    this.#url = urlOf(config)
  }

  /** The answer, decoded. */
  async post(review: object, timeoutMs: number): Promise<unknown> {
    const body = Buffer.from(JSON.stringify(review))
    const answer = await this.#send(body, timeoutMs)
    if (answer.code < 200 || answer.code > 206) throw new Error(answerError(answer))
    return decoded(answer)
  }

  async #send(body: Buffer, timeoutMs: number): Promise<Answer> {
    const signal = AbortSignal.timeout(timeoutMs)
    const url = new URL(this.#url)
    url.searchParams.set('timeout', `${timeoutMs / 1000}s`)
    try {
      return await this.#attempt(url, body, signal)
    } catch (error) {
      throw new Error(`Post ${JSON.stringify(textOf(url))}: ${goErrorText(error)}`, { cause: error })
    }
  }

  /** A connection that the far end had closed while it was idle says nothing about the webhook. */
  async #attempt(url: URL, body: Buffer, signal: AbortSignal): Promise<Answer> {
    const options = { ...(await this.#target(url, signal)), signal }
    try {
      return await exchange(options, body)
    } catch (error) {
      if (!(error instanceof ClosedMeanwhile)) throw error
      return exchange({ ...options, agent: false }, body)
    }
  }

  async #target(url: URL, signal: AbortSignal): Promise<RequestOptions> {
    const { service, caBundle } = this.#config
    const port = Number(url.port) || HTTPS_PORT
    const address = service
      ? await this.#resolve({ namespace: service.namespace, name: service.name, port }, signal)
      : { host: url.hostname.replace(/^\[|\]$/g, ''), port }
    return {
      ...address,
      method: 'POST',
      path: url.pathname + url.search,
      headers: { host: url.port ? url.host : `${url.host}${service ? `:${port}` : ''}` },
      agent: this.#agent,
      ...(!isAddress(url.hostname) && { servername: url.hostname }),
      ...(caBundle && { ca: Buffer.from(caBundle, 'base64').toString() }),
    }
  }
}

function urlOf({ url, service }: WebhookClientConfig): URL {
  if (service) {
    const { namespace, name, port = HTTPS_PORT, path = '/' } = service
    return new URL(`https://${name}.${namespace}.svc:${port}${path.startsWith('/') ? path : `/${path}`}`)
  }
  const parsed = url === undefined ? undefined : URL.parse(url)
  if (!parsed) throw new Error('webhook configuration must have either service or URL')
  return parsed
}

/** A URL as Go prints it: the port of a Service is there even if it is the usual one. */
function textOf(url: URL): string {
  if (url.port !== '' || !url.hostname.endsWith('.svc')) return url.href
  return `https://${url.hostname}:${HTTPS_PORT}${url.pathname}${url.search}`
}

const isAddress = (host: string): boolean => host.startsWith('[') || /^[\d.]+$/.test(host)

class ClosedMeanwhile extends Error {}

async function exchange(options: RequestOptions, body: Buffer): Promise<Answer> {
  const headers = { ...options.headers, 'content-type': 'application/json', accept: 'application/json, */*' }
  const sent = request({ ...options, headers: { ...headers, 'content-length': body.length } })
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  sent.on('response', resolve)
  sent.on('error', (error: NodeJS.ErrnoException) => {
    reject(sent.reusedSocket && error.code === 'ECONNRESET' ? new ClosedMeanwhile() : asTimeout(error, options.signal))
  })
  sent.end(body)
  return readAnswer(await promise)
}

/** Node.js tells of an abort, not of what it was for. */
const asTimeout = (error: Error, signal: AbortSignal | undefined): unknown => (signal?.aborted ? signal.reason : error)

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`)
    chunks.push(chunk)
  }
  const contentType = response.headers['content-type'] ?? ''
  return { code: response.statusCode ?? 0, contentType, body: Buffer.concat(chunks) }
}

function decoded({ code, contentType, body }: Answer): unknown {
  if (body.length === 0) throw new Error(`0-length response with status code: ${code} and content type: ${contentType}`)
  try {
    return decodeJson(body).value
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new Error(`couldn't get version/kind; json parse error: ${error.message}`, { cause: error })
  }
}
