import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import type { APIService, APIServiceSpec } from '../../api/types/apiregistration.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { KeyPair } from '../pki/pki.ts'
import { type Endpoint, type EndpointListers, endpointOf, type ServiceTarget } from './endpoint.ts'
import { AGGREGATOR, identityHeaders } from './identity-headers.ts'

export interface RemoteServiceDeps {
  readonly listers: EndpointListers
  /** The certificate by which backends know the aggregator; asked for each connection, as it is renewed. */
  readonly frontProxy: () => KeyPair
}

export interface RemoteRequest {
  readonly address: { readonly host: string; readonly port: number }
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: OutgoingHttpHeaders
  /** A connection of its own, for upgrades. */
  readonly alone?: boolean
}

/** An answer that was read to its end. */
export interface RemoteAnswer {
  readonly code: number
  readonly etag: string | undefined
  readonly body: Buffer
}

const HTTPS_PORT = 443
const MAX_BODY_BYTES = 64 * 1024 * 1024

/** The backend of one group version: how to reach and how to trust it. Replaced when the APIService's spec changes. */
export class RemoteService implements Disposable {
  readonly name: string
  readonly spec: DeepReadonly<APIServiceSpec>
  readonly target: ServiceTarget
  readonly #deps: RemoteServiceDeps
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 16 })

  constructor({ metadata, spec }: DeepReadonly<APIService>, deps: RemoteServiceDeps) {
    const { namespace = '', name = '', port = HTTPS_PORT } = spec.service ?? {}
    this.name = metadata.name as string
    this.spec = spec
    this.target = { namespace, name, port }
    this.#deps = deps
  }

  /** `apis/G/V`. */
  get path(): string {
    return `apis/${this.spec.group}/${this.spec.version}`
  }

  endpoint(): Endpoint {
    return endpointOf(this.target, this.#deps.listers)
  }

  /** Begins a request; the caller ends it. Errors come as its `error` event. */
  open({ address, method, path, headers, alone }: RemoteRequest, signal: AbortSignal): ClientRequest {
    const { caBundle, insecureSkipTLSVerify = false } = this.spec
    const { name, namespace } = this.target
    return request({
      ...address,
      method,
      path,
      headers: { ...headers, host: `${name}.${namespace}.svc` },
      signal,
      agent: alone ? false : this.#agent,
      servername: `${name}.${namespace}.svc`,
      ...this.#deps.frontProxy(),
      ...(caBundle && { ca: Buffer.from(caBundle, 'base64').toString() }),
      rejectUnauthorized: !insecureSkipTLSVerify,
    })
  }

  /** Reads a document as the aggregator. Rejects when the backend cannot be reached or the answer is too large. */
  async read(address: RemoteRequest['address'], path: string, headers: OutgoingHttpHeaders, signal: AbortSignal) {
    const identity = identityHeaders(AGGREGATOR)
    const sent = this.open({ address, method: 'GET', path, headers: { ...headers, ...identity } }, signal)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    sent.on('response', resolve)
    sent.on('error', reject)
    sent.end()
    return answerOf(await promise)
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }
}

async function answerOf(response: IncomingMessage): Promise<RemoteAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new Error(`an answer of more than ${MAX_BODY_BYTES} bytes`)
    chunks.push(chunk)
  }
  return { code: response.statusCode ?? 0, etag: response.headers.etag, body: Buffer.concat(chunks) }
}
