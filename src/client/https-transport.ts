import type { IncomingMessage, RequestOptions } from 'node:http'
import { Agent, request as httpsRequest } from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { apiPath } from '../api/resource.ts'
import { Reason, StatusError } from '../api/status-error.ts'
import type { Status } from '../api/types/meta.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import { deepFreeze } from '../base/deep-readonly.ts'
import type { Connection } from './connection.ts'
import type { ApiRequest, PatchType, Transport, Verb, WatchEvent } from './transport.ts'
import { watchEvents } from './watch-events.ts'

const METHODS: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
}

const PATCH_CONTENT: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

/** Connections for calls; each watch has one more of its own. */
const MAX_SOCKETS = 32
const MAX_RESPONSE_BYTES = 512 * 1024 * 1024
/** client-go: how often a request is sent again that the server asked to send later. */
const MAX_RETRIES = 10

export interface HttpsTransportOptions {
  readonly userAgent?: string
  /** How often a request is sent again that the server asked to send later; 10 unless told. */
  readonly retries?: number
}

/** Speaks to an API server over HTTPS with kept-alive connections. Close it to drop them. */
export class HttpsTransport implements Transport, Disposable {
  readonly #connection: Connection
  readonly #userAgent: string
  readonly #retries: number
  readonly #calls: Agent
  readonly #watches: Agent

  constructor(connection: Connection, { userAgent = 'navarch', retries = MAX_RETRIES }: HttpsTransportOptions = {}) {
    this.#connection = connection
    this.#userAgent = userAgent
    this.#retries = retries
    const { ca, clientCert: cert, clientKey: key, serverName: servername, insecure } = connection
    const tls = {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      ...(servername && { servername }),
      rejectUnauthorized: !insecure,
    }
    this.#calls = new Agent({ ...tls, keepAlive: true, maxSockets: MAX_SOCKETS })
    this.#watches = new Agent(tls)
  }

  [Symbol.dispose](): void {
    this.#calls.destroy()
    this.#watches.destroy()
  }

  async call<T>(request: ApiRequest, signal?: AbortSignal): Promise<DeepReadonly<T>> {
    const target = { path: pathOf(request), method: METHODS[request.verb] }
    const response = await this.#send(target, request, this.#calls, signal)
    return deepFreeze(withItemKinds(await this.#json(response))) as DeepReadonly<T>
  }

  async *watch<T>(request: ApiRequest, signal: AbortSignal): AsyncIterable<readonly WatchEvent<T>[]> {
    try {
      const response = await this.#send({ path: pathOf(request), method: 'GET' }, request, this.#watches, signal)
      yield* watchEvents<T>(response)
    } catch (error) {
      if (signal.aborted) return
      throw error instanceof StatusError ? error : unreachableServer(error)
    }
  }

  /** The JSON at any path of the server: discovery, `/version`. */
  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.#json(await this.#send({ path, method: 'GET' }, {}, this.#calls, signal))
  }

  async #json(response: IncomingMessage): Promise<unknown> {
    return parse(await bodyOf(response))
  }

  async #send(
    target: { readonly path: string; readonly method: string },
    request: Pick<ApiRequest, 'body' | 'patchType'>,
    agent: Agent,
    signal: AbortSignal | undefined,
  ): Promise<IncomingMessage> {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    for (let attempt = 0; ; attempt++) {
      const response = await this.#once({ ...target, agent, ...(signal && { signal }) }, request, body)
      const status = response.statusCode ?? 0
      if (status < 300) return response
      const failure = statusError(status, await bodyOf(response))
      const laterSeconds = Number(response.headers['retry-after'])
      if (!(laterSeconds >= 0) || (status !== 429 && status < 500) || attempt >= this.#retries) throw failure
      await delay(laterSeconds * 1000, undefined, { ...(signal && { signal }) })
    }
  }

  async #once(
    options: RequestOptions,
    { patchType }: Pick<ApiRequest, 'patchType'>,
    body: string | undefined,
  ): Promise<IncomingMessage> {
    const token = await this.#connection.token?.()
    const headers = {
      accept: 'application/json',
      'user-agent': this.#userAgent,
      ...(token && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        'content-type': patchType ? PATCH_CONTENT[patchType] : 'application/json',
        'content-length': Buffer.byteLength(body),
      }),
    }
    const base = new URL(this.#connection.server)
    const path = `${base.pathname.replace(/\/$/, '')}${options.path}`
    return new Promise((resolve, reject) => {
      const sent = httpsRequest({
        ...options,
        host: base.hostname.replace(/^\[|\]$/g, ''),
        port: base.port || 443,
        path,
        headers,
      })
      sent.on('response', resolve)
      sent.on('error', (error) => reject(options.signal?.aborted ? options.signal.reason : unreachableServer(error)))
      sent.end(body)
    })
  }
}

/** Path and query of a request on the wire. */
function pathOf(request: ApiRequest): string {
  const query = new URLSearchParams(request.query)
  if (request.verb === 'watch') query.set('watch', 'true')
  const text = query.toString()
  return apiPath(request.resource, request) + (text && `?${text}`)
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_RESPONSE_BYTES) throw new Error('the response is too large')
      chunks.push(chunk)
    }
  } catch (error) {
    throw unreachableServer(error)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreachableServer(error)
  }
}

/** Items of a list leave out what the list says of them; objects from here always carry kind and apiVersion. */
function withItemKinds(answer: unknown): unknown {
  const { kind, apiVersion, items } = answer as { kind?: string; apiVersion?: string; items?: object[] }
  if (!Array.isArray(items) || !kind?.endsWith('List')) return answer
  const type = { kind: kind.slice(0, -4), apiVersion }
  return { ...(answer as object), items: items.map((item) => ({ ...type, ...item })) }
}

function statusError(code: number, text: string): StatusError {
  if (text.startsWith('{')) {
    const status = parse(text) as Status
    if (status.kind === 'Status') return StatusError.fromStatus(status)
  }
  const reason = code === 401 ? Reason.Unauthorized : code === 503 ? Reason.ServiceUnavailable : Reason.Unknown
  return new StatusError({ code, reason, message: text.trim() || `the server answered ${code}` })
}

function unreachableServer(cause: unknown): StatusError {
  const why = (cause as Error).message
  const message = `the server cannot be reached: ${why}`
  return new StatusError({ code: 503, reason: Reason.ServiceUnavailable, message, cause })
}
