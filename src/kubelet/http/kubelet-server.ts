import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Server } from 'node:https'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { WebSocketServer } from 'ws'
import { badRequest, notFound, StatusError } from '../../api/status-error.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { KubeletAccess } from './access.ts'
import { accessFor } from './access.ts'
import { sendFault, sendJson, sendText } from './answer.ts'
import { containerLog, logOptions } from './container-logs.ts'
import type { KubeletHandlers } from './handlers.ts'
import { ContainerUnavailable } from './handlers.ts'
import { resourceMetrics } from './metrics-text.ts'
import { nodeUsage } from './node-usage.ts'
import type { StatsSummary } from './stats.ts'
import { statsSummary } from './stats.ts'
import { relaySpdy } from './streams/relay-spdy.ts'
import type { StreamOptions } from './streams/websocket-exec.ts'
import { EXEC_PROTOCOLS, serveWebSocketExec } from './streams/websocket-exec.ts'
import { serveTunnel, TUNNEL_PROTOCOL } from './streams/websocket-tunnel.ts'

export interface KubeletServerOptions {
  readonly address: string
  /** 0: any free port. */
  readonly port: number
  /** PEM; `ca` verifies client certificates. */
  readonly tls: { readonly key: string; readonly cert: string; readonly ca: string }
  readonly handlers: KubeletHandlers
  readonly access: Pick<KubeletAccess, 'check'>
  readonly nodeName: string
  readonly clock: Clock
  readonly log: Logger
}

/** The kubelet's HTTPS API. Every path but /healthz's own check of the caller needs a known and allowed caller. */
export class KubeletServer implements AsyncDisposable {
  readonly #server: Server
  readonly #options: KubeletServerOptions
  readonly #startedAt: string
  readonly #stop = new AbortController()
  #webSockets: Promise<WebSocketServer> | undefined

  private constructor(server: Server, options: KubeletServerOptions) {
    this.#server = server
    this.#options = options
    this.#startedAt = timestamp(options.clock.now())
    server.on('request', (request, response) => void this.#answer(request, response))
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    server.on('clientError', (_error, socket) => socket.destroy())
    server.requestTimeout = 60_000
  }

  /** Throws the system's error (EADDRINUSE…) when the address cannot be listened on. */
  static async listen(options: KubeletServerOptions): Promise<KubeletServer> {
    const server = createServer({ ...options.tls, requestCert: true, rejectUnauthorized: false })
    server.listen({ host: options.address, port: options.port })
    await once(server, 'listening')
    return new KubeletServer(server, options)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** New connections use the renewed certificate. */
  renew(tls: { readonly key: string; readonly cert: string; readonly ca: string }): void {
    this.#server.setSecureContext(tls)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.on('close', () => gone.abort())
    const signal = AbortSignal.any([gone.signal, this.#stop.signal])
    try {
      const url = new URL(request.url ?? '/', 'https://kubelet')
      const refusal = await this.#refusal(request, url.pathname, signal)
      if (refusal) return sendText(response, refusal.status, refusal.text)
      await this.#route(request, response, url, signal)
    } catch (error) {
      if (!signal.aborted)
        sendFault(response, error instanceof ContainerUnavailable ? badRequest(error.message) : error)
    }
  }

  async #refusal(
    request: IncomingMessage,
    path: string,
    signal: AbortSignal,
  ): Promise<{ status: number; text: string } | undefined> {
    const access = await this.#options.access.check(request, accessFor(request.method ?? 'GET', path), signal)
    if (access.kind === 'unauthorized') return { status: 401, text: 'Unauthorized' }
    return access.kind === 'forbidden' ? { status: 403, text: access.message } : undefined
  }

  async #route(request: IncomingMessage, response: ServerResponse, url: URL, signal: AbortSignal): Promise<void> {
    const { handlers } = this.#options
    const [, first = '', ...rest] = url.pathname.split('/').map(decodeURIComponent)
    switch (first) {
      case 'healthz':
        return this.#health(response, url)
      case 'pods':
        return sendJson(response, { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: handlers.pods() })
      case 'containerLogs':
        return this.#logs(response, rest, url, signal)
      case 'stats':
        return sendJson(response, await this.#summary(signal))
      case 'metrics':
        return this.#metrics(response, rest[0], signal)
      case 'exec':
      case 'attach':
      case 'portForward':
        return sendText(response, 400, 'Upgrade request required')
      case 'run':
        return this.#run(request, response, rest, url, signal)
      default:
        return sendText(response, 404, '404 page not found')
    }
  }

  #health(response: ServerResponse, url: URL): void {
    const results = Object.entries(this.#options.handlers.healthChecks).map(([name, check]) => [name, check()] as const)
    const failed = results.some(([, problem]) => problem !== undefined)
    const lines = results.map(([name, problem]) =>
      problem === undefined ? `[+]${name} ok` : `[-]${name} failed: ${problem}`,
    )
    const verbose = failed || url.searchParams.has('verbose')
    sendText(
      response,
      failed ? 500 : 200,
      verbose ? `${lines.join('\n')}\nhealthz check ${failed ? 'failed' : 'passed'}\n` : 'ok',
    )
  }

  async #logs(
    response: ServerResponse,
    [namespace = '', name = '', container = '']: string[],
    url: URL,
    signal: AbortSignal,
  ): Promise<void> {
    const { handlers, clock } = this.#options
    const pod = this.#pod(namespace, name)
    const options = logOptions(url.searchParams, clock.now())
    const previous = url.searchParams.get('previous') === 'true'
    const record = await handlers.findContainer(pod, container, { previous })
    const stillRunning = async (): Promise<boolean> => {
      const now = await handlers.findContainer(pod, container).catch(() => undefined)
      return now?.id === record.id && now.running
    }
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.flushHeaders()
    await pipeline(containerLog(record.logPath, options, { stillRunning }, signal), response)
  }

  async #run(
    request: IncomingMessage,
    response: ServerResponse,
    path: string[],
    url: URL,
    signal: AbortSignal,
  ): Promise<void> {
    if (request.method !== 'POST') return sendText(response, 405, 'Method Not Allowed')
    const [namespace = '', name = ''] = path
    const { id } = await this.#options.handlers.findContainer(this.#pod(namespace, name), path.at(-1) ?? '')
    const command = url.searchParams.getAll('cmd').flatMap((text) => text.split(' '))
    const { stdout, stderr } = await this.#options.handlers.runtime.execSync(id, command, 0, signal)
    sendText(response, 200, Buffer.concat([stdout, stderr]).toString())
  }

  async #summary(signal: AbortSignal): Promise<StatsSummary> {
    const { handlers, nodeName, clock } = this.#options
    const [usage, containers] = await Promise.all([
      nodeUsage(clock.now()),
      handlers.runtime.listContainerStats({}, signal),
    ])
    return statsSummary(nodeName, this.#startedAt, usage, handlers.pods(), containers)
  }

  async #metrics(response: ServerResponse, kind: string | undefined, signal: AbortSignal): Promise<void> {
    const contentType = 'text/plain; version=0.0.4; charset=utf-8'
    if (kind === 'resource') return sendText(response, 200, resourceMetrics(await this.#summary(signal)), contentType)
    if (kind !== undefined) return sendText(response, 404, '404 page not found')
    const { handlers, nodeName } = this.#options
    const running = handlers.pods().filter(({ status }) => status.phase === 'Running').length
    const text = `# HELP kubelet_running_pods Number of pods that are running\n# TYPE kubelet_running_pods gauge\nkubelet_running_pods ${running}\n# HELP kubelet_node_name The name of the node\n# TYPE kubelet_node_name gauge\nkubelet_node_name{node=${JSON.stringify(nodeName)}} 1\n`
    sendText(response, 200, text, contentType)
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    try {
      const url = new URL(request.url ?? '/', 'https://kubelet')
      const refusal = await this.#refusal(request, url.pathname, this.#stop.signal)
      if (refusal) return refuseUpgrade(socket, refusal.status, refusal.text)
      const session = await this.#session(url)
      if (/^websocket$/i.test(request.headers.upgrade ?? '')) await this.#serveWebSocket(request, socket, head, session)
      else await relaySpdy(request, socket, head, session.url)
    } catch (error) {
      const status = error instanceof StatusError ? error.code : error instanceof ContainerUnavailable ? 400 : 500
      refuseUpgrade(socket, status, (error as Error).message)
    }
  }

  /** Asks the runtime for a streaming session: `/exec|attach/<namespace>/<pod>[/<uid>]/<container>`, `/portForward/<namespace>/<pod>[/<uid>]`. */
  async #session({ pathname, searchParams }: URL): Promise<Session> {
    const [, kind, namespace = '', name = '', ...rest] = pathname.split('/').map(decodeURIComponent)
    const { handlers } = this.#options
    const pod = this.#pod(namespace, name)
    const signal = this.#stop.signal
    if (kind === 'portForward') {
      const url = await handlers.runtime.portForward(
        await handlers.findSandbox(pod),
        searchParams.getAll('port').map(Number),
        signal,
      )
      return { url, options: undefined }
    }
    if (kind !== 'exec' && kind !== 'attach') throw notFound({ group: '', plural: 'paths' }, pathname)
    const container = await handlers.findContainer(pod, rest.at(-1) ?? '')
    const options = streamOptions(searchParams)
    const request = { containerId: container.id, ...options, stderr: options.stderr && !options.tty }
    if (kind === 'attach')
      return {
        url: await handlers.runtime.attach(
          { ...request, tty: container.tty, stdin: request.stdin && container.stdin },
          signal,
        ),
        options: { ...options, tty: container.tty },
      }
    return { url: await handlers.runtime.exec({ ...request, cmd: searchParams.getAll('command') }, signal), options }
  }

  async #serveWebSocket(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    { url, options }: Session,
  ): Promise<void> {
    const server = await this.#webSocketServer()
    server.handleUpgrade(request, socket, head, (webSocket) => {
      void (options ? serveWebSocketExec(webSocket, url, options) : serveTunnel(webSocket, url))
    })
  }

  /** Loaded with the first WebSocket client. */
  #webSocketServer(): Promise<WebSocketServer> {
    this.#webSockets ??= import('ws').then(({ WebSocketServer: Constructor }) => {
      const known: readonly string[] = [...EXEC_PROTOCOLS, TUNNEL_PROTOCOL]
      const handleProtocols = (offered: Set<string>): string | false =>
        known.find((protocol) => offered.has(protocol)) ?? false
      return new Constructor({ noServer: true, handleProtocols, perMessageDeflate: false, maxPayload: 32 << 20 })
    })
    return this.#webSockets
  }

  #pod(namespace: string, name: string): DeepReadonly<Pod> {
    const pod = this.#options.handlers.findPod(namespace, name)
    if (!pod) throw notFound({ group: '', plural: 'pods' }, name)
    return pod
  }
}

interface Session {
  readonly url: string
  /** Undefined for port forwarding. */
  readonly options: StreamOptions | undefined
}

/** The kubelet's own names (`input`, `output`…) and those of PodExecOptions. */
function streamOptions(query: URLSearchParams): StreamOptions {
  const isSet = (...names: string[]): boolean => names.some((name) => ['true', '1'].includes(query.get(name) ?? ''))
  return {
    stdin: isSet('input', 'stdin'),
    stdout: isSet('output', 'stdout'),
    stderr: isSet('error', 'stderr'),
    tty: isSet('tty'),
  }
}

function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}
