import { fileURLToPath } from 'node:url'
import type { MethodDefinition } from '@grpc/proto-loader'
import { type Clock, systemClock } from '../../base/clock.ts'
import { StoreUnavailable } from '../store.ts'
import { faultOf, outcomeUnknown, unreachable } from './etcd-error.ts'
import type { ServerAddress, ServerTls } from './grpc/connector.ts'
import { GrpcClient, type UnaryCaller } from './grpc/grpc-client.ts'
import { openPieces } from './grpc/pieces.ts'
import type { StreamCall, StreamHandlers } from './grpc/stream-call.ts'
import type { EtcdCalls, WatchRequest, WatchResponse } from './messages.ts'

export interface EtcdAddress {
  /** `https://10.0.0.1:2379`; several for the members of one cluster. */
  readonly servers: readonly string[]
  readonly tls?: ServerTls
  /** Deadline of each call; 10 s, which is longer than etcd's own, so that its answer is seen. */
  readonly callTimeoutMs?: number
  readonly clock?: Clock
}

/** A stream of watches; `onMessage` gets a response that is nobody else's. */
export interface WatchHandlers extends Pick<StreamHandlers, 'onEnd'> {
  onMessage(response: WatchResponse): void
}

export interface WatchCall {
  send(request: WatchRequest): void
  /** Nothing more is told. */
  cancel(): void
}

type Method = keyof EtcdCalls
type Definitions = Readonly<Record<string, MethodDefinition<object, object>>>

const PROTO = new URL('./etcd.proto', import.meta.url)
const SERVICES = ['KV', 'Lease', 'Maintenance', 'Watch'] as const
/** Until a member has accepted a connection and answered about itself. */
const CONNECT_MS = 2_000
/** Longer than etcd's own limit on a request: 5 s and two election timeouts. */
const CALL_MS = 10_000
/** Lets a member without a leader refuse at once instead of waiting (etcd: rpctypes metadata `hasleader`). */
const METADATA = { hasleader: 'true' }
const DEFAULT_PORT = 2379

/**
 * Calls to an etcd cluster. One member is used until it fails, then the next. Every call has a deadline. Reads are asked
 * of each member in turn; a write is only repeated when it is certain that nobody carried it out, else it fails with
 * OutcomeUnknown.
 */
export class EtcdConnection {
  readonly #servers: readonly string[]
  readonly #clients: readonly GrpcClient[]
  readonly #definitions: Definitions
  readonly #callMs: number
  #current = 0
  #version = ''
  #closed = false

  /** Loads the messages; does not connect yet. */
  static async load(address: EtcdAddress): Promise<EtcdConnection> {
    const loader = await import('@grpc/proto-loader')
    const packages = await loader.load(fileURLToPath(PROTO), { longs: Number, enums: String })
    const definitions: Record<string, MethodDefinition<object, object>> = {}
    for (const service of SERVICES) Object.assign(definitions, packages[`etcdserverpb.${service}`])
    return new EtcdConnection(address, definitions)
  }

  private constructor(address: EtcdAddress, definitions: Definitions) {
    const { servers, tls, clock = systemClock, callTimeoutMs = CALL_MS } = address
    this.#servers = servers
    this.#callMs = callTimeoutMs
    this.#definitions = definitions
    this.#clients = servers.map(
      (server) =>
        new GrpcClient({
          address: parseServer(server, tls),
          clock,
          metadata: METADATA,
          greet: (call) => this.#greet(call),
          connectMs: CONNECT_MS,
        }),
    )
  }

  /** Of the member that answered last: `3.5.9`. */
  get version(): string {
    return this.#version
  }

  /** For calls without an effect: another member is asked when one does not answer in time. */
  async read<M extends Method>(
    method: M,
    request: EtcdCalls[M]['request'],
    withinMs = this.#callMs,
  ): Promise<EtcdCalls[M]['response']> {
    return this.#each(async (client) => {
      try {
        return await this.#call(method, request, withinMs, client.unary)
      } catch (error) {
        const fault = faultOf(error as Error)
        if (fault.kind === 'refused') throw fault.error
        return new TryNext(fault.why)
      }
    })
  }

  /** For calls with an effect: rejects with OutcomeUnknown when it was sent and not answered. `what` names it. */
  async write<M extends Method>(
    method: M,
    request: EtcdCalls[M]['request'],
    what: string,
  ): Promise<EtcdCalls[M]['response']> {
    return this.#each(async (client) => {
      try {
        return await this.#call(method, request, this.#callMs, client.unary)
      } catch (error) {
        const fault = faultOf(error as Error)
        if (fault.kind === 'refused') throw fault.error
        if (fault.kind === 'not done') return new TryNext(fault.why)
        this.#leave(client)
        throw outcomeUnknown(what, fault.why)
      }
    })
  }

  /** A stream of watches on a member that answers. */
  async watch(handlers: WatchHandlers): Promise<WatchCall> {
    const { path, requestSerialize, responseDeserialize } = this.#definitions.Watch!
    const call = await this.#stream(path, {
      onMessage: (message) => handlers.onMessage(responseDeserialize(message) as WatchResponse),
      onEnd: (error) => handlers.onEnd(error),
    })
    return { send: (request) => call.send(requestSerialize(request)), cancel: () => call.cancel() }
  }

  /** The whole database of one member as it is in its file, in pieces (etcd: Maintenance.Snapshot). */
  async *snapshot(signal: AbortSignal): AsyncIterable<Buffer> {
    const { path, requestSerialize, responseDeserialize } = this.#definitions.Snapshot!
    await using pieces = await openPieces((handlers) => this.#stream(path, handlers), signal)
    pieces.call.send(requestSerialize({}), true)
    try {
      for await (const piece of pieces) {
        const { blob } = responseDeserialize(piece) as { blob?: Buffer }
        if (blob) yield blob
      }
    } catch (error) {
      const fault = faultOf(error as Error)
      throw fault.kind === 'refused' ? fault.error : new StoreUnavailable(`etcd broke off the snapshot: ${fault.why}`)
    }
  }

  /** The next call goes to another member. */
  rotate(): void {
    this.#current = (this.#current + 1) % this.#clients.length
  }

  close(): void {
    this.#closed = true
    for (const client of this.#clients) client.close()
  }

  /** Runs `attempt` on the current member, then on each other one until it gives something else than TryNext. */
  async #each<T>(attempt: (client: GrpcClient) => Promise<T | TryNext>): Promise<T> {
    let why = 'no server was named'
    for (let tries = 0; tries <= this.#clients.length; tries++) {
      if (this.#closed) throw new StoreUnavailable('the store is closed')
      const client = this.#clients[this.#current]!
      const failed = client.isConnected ? undefined : await this.#connect(client)
      const answer = failed ?? (await attempt(client))
      if (!(answer instanceof TryNext)) return answer
      why = answer.why
      this.#leave(client)
    }
    throw unreachable(this.#servers, why)
  }

  #stream(path: string, handlers: StreamHandlers): Promise<StreamCall> {
    return this.#each(async (client) => {
      try {
        return client.stream(path, handlers)
      } catch (error) {
        return new TryNext((error as Error).message) // the connection has just gone
      }
    })
  }

  /** Undefined once the member has answered. Nothing is sent to one that has not. */
  async #connect(client: GrpcClient): Promise<TryNext | undefined> {
    try {
      await client.connect()
      return undefined
    } catch (error) {
      const fault = faultOf(error as Error)
      if (fault.kind === 'refused') throw fault.error
      return new TryNext(fault.why)
    }
  }

  /** Only if nobody else has turned to another member meanwhile. */
  #leave(client: GrpcClient): void {
    if (this.#clients[this.#current] === client) this.rotate()
  }

  async #greet(call: UnaryCaller): Promise<void> {
    const { version } = await this.#call('Status', {}, CONNECT_MS, call)
    this.#version = version ?? ''
  }

  async #call<M extends Method>(
    method: M,
    request: EtcdCalls[M]['request'],
    timeoutMs: number,
    call: UnaryCaller,
  ): Promise<EtcdCalls[M]['response']> {
    const { path, requestSerialize, responseDeserialize } = this.#definitions[method]!
    return responseDeserialize(await call(path, requestSerialize(request), timeoutMs))
  }
}

/** The outcome of an attempt that another member may do better at. */
class TryNext {
  readonly why: string
  constructor(why: string) {
    this.why = why
  }
}

/** `https://host:port`, `http://host:port` or `host:port` (as http); throws a TypeError for anything else. */
export function parseServer(server: string, tls: ServerTls = {}): ServerAddress {
  const match = /^(?:(https?):\/\/)?(\[[\da-f:.]+\]|[^/\s:]+)(?::(\d+))?\/?$/i.exec(server)
  if (!match) throw new TypeError(`'${server}' is no address of an etcd server: write https://HOST:PORT`)
  const [, scheme, host, port] = match
  return {
    host: host!.replace(/^\[|\]$/g, ''),
    port: port === undefined ? DEFAULT_PORT : Number(port),
    ...(scheme?.toLowerCase() === 'https' && { tls }),
  }
}
