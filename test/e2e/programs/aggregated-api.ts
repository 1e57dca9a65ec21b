import { X509Certificate } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'

export interface AggregatedApiOptions {
  /** Serving certificate and key, PEM. */
  readonly tls: { readonly cert: string; readonly key: string }
  /** `requestheader-client-ca-file` of the ConfigMap extension-apiserver-authentication. */
  readonly requestHeaderCa: string
  /** `requestheader-allowed-names`. */
  readonly allowedNames: readonly string[]
}

const GROUP_VERSION = 'wardle.example.com/v1alpha1'
const ROOT = `/apis/${GROUP_VERSION}`
const NAME = 'com.example.wardle.v1alpha1.Flunder'

/**
 * A small API server of its own for aggregation: flunders, kept in memory, listed, read, created and watched. It knows the
 * aggregator by its certificate and its users by the X-Remote headers, and answers 401 to everyone else.
 */
export class AggregatedApi implements AsyncDisposable {
  readonly #server: Server
  readonly #options: AggregatedApiOptions
  readonly #flunders = new Map<string, object>()
  readonly #watchers = new Set<ServerResponse>()
  /** Who asked last, as the aggregator said. */
  lastUser: { name: string; groups: string } | undefined

  constructor(options: AggregatedApiOptions) {
    this.#options = options
    this.#server = createServer(
      { ...options.tls, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        void this.#handle(request, response)
      },
    )
  }

  /** The port on loopback. */
  async listen(port = 0): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.listen(port, '127.0.0.1', resolve)
    await promise
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (!this.#server.listening) return
    this.#server.close(() => resolve())
    this.#server.closeAllConnections()
    await promise
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isAggregator(request.socket as TLSSocket)) return send(response, 401, status(401, 'Unauthorized'))
    const { headers, method } = request
    const url = new URL(request.url ?? '/', 'https://aggregated')
    if (headers['x-remote-user'] !== 'system:kube-aggregator') {
      this.lastUser = { name: String(headers['x-remote-user']), groups: String(headers['x-remote-group']) }
    }
    if (url.pathname === ROOT) return send(response, 200, RESOURCES)
    if (url.pathname === '/openapi/v3') return send(response, 200, openApiIndex)
    if (url.pathname === `/openapi/v3${ROOT}`) return send(response, 200, openApiV3)
    if (url.pathname === '/openapi/v2') return send(response, 200, openApiV2)
    const path = /^\/namespaces\/([^/]+)\/flunders(?:\/([^/]+))?$/.exec(url.pathname.slice(ROOT.length))
    if (!path || !url.pathname.startsWith(ROOT)) return send(response, 404, status(404, 'NotFound'))
    const [, namespace = '', name] = path
    if (method === 'POST') return this.#create(namespace, JSON.parse(await textOf(request)), response)
    if (url.searchParams.get('watch') === 'true') return this.#watch(response)
    if (name === undefined) return send(response, 200, list([...this.#flunders.values()]))
    const found = this.#flunders.get(name)
    return found ? send(response, 200, found) : send(response, 404, status(404, 'NotFound'))
  }

  #isAggregator(socket: TLSSocket): boolean {
    const { raw } = socket.getPeerCertificate()
    if (!raw) return false
    const certificate = new X509Certificate(raw)
    const name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? ''
    const ca = new X509Certificate(this.#options.requestHeaderCa)
    return certificate.verify(ca.publicKey) && this.#options.allowedNames.includes(name)
  }

  #create(namespace: string, body: { metadata: { name: string } }, response: ServerResponse): void {
    const revision = String(this.#flunders.size + 1)
    const flunder = {
      ...body,
      apiVersion: GROUP_VERSION,
      kind: 'Flunder',
      metadata: { ...body.metadata, namespace, uid: `uid-${revision}`, resourceVersion: revision },
    }
    this.#flunders.set(body.metadata.name, flunder)
    for (const watcher of this.#watchers) watcher.write(`${JSON.stringify({ type: 'ADDED', object: flunder })}\n`)
    send(response, 201, flunder)
  }

  #watch(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    this.#watchers.add(response)
    response.on('close', () => this.#watchers.delete(response))
  }
}

const RESOURCES = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: GROUP_VERSION,
  resources: [
    {
      name: 'flunders',
      singularName: 'flunder',
      namespaced: true,
      kind: 'Flunder',
      verbs: ['create', 'get', 'list', 'watch'],
      shortNames: ['fl'],
    },
  ],
}

const flunderSchema = {
  description: 'A thing that only this server knows.',
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object' },
    spec: { type: 'object', description: 'What is wanted.', properties: { size: { type: 'integer' } } },
  },
  'x-kubernetes-group-version-kind': [{ group: 'wardle.example.com', kind: 'Flunder', version: 'v1alpha1' }],
}

const info = { title: 'wardle', version: 'v0' }
const kind = { group: 'wardle.example.com', kind: 'Flunder', version: 'v1alpha1' }
const get = { 'x-kubernetes-action': 'list', 'x-kubernetes-group-version-kind': kind, responses: {} }
const paths = { [`${ROOT}/namespaces/{namespace}/flunders`]: { get } }
const openApiIndex = { paths: { [ROOT.slice(1)]: { serverRelativeURL: `/openapi/v3${ROOT}?hash=ABC` } } }
const openApiV3 = { openapi: '3.0.0', info, paths, components: { schemas: { [NAME]: flunderSchema } } }
const openApiV2 = { swagger: '2.0', info, paths, definitions: { [NAME]: flunderSchema } }

const list = (items: readonly object[]): object => ({
  kind: 'FlunderList',
  apiVersion: GROUP_VERSION,
  metadata: { resourceVersion: String(items.length) },
  items,
})

const status = (code: number, reason: string): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: reason,
  reason,
  code,
})

function send(response: ServerResponse, code: number, value: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) text += chunk
  return text
}
