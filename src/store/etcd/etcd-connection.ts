import { fileURLToPath } from 'node:url'
import type { ChannelOptions, Client, ClientDuplexStream, Metadata, ServiceError } from '@grpc/grpc-js'
import { StoreUnavailable } from '../store.ts'
import { faultOf, outcomeUnknown, unreachable } from './etcd-error.ts'
import type { EtcdCalls, StatusResponse, WatchRequest, WatchResponse } from './messages.ts'

export interface EtcdTls {
  /** PEM. Without it the system's authorities are trusted. */
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
}

export interface EtcdAddress {
  /** `https://10.0.0.1:2379`; several for the members of one cluster. */
  readonly servers: readonly string[]
  readonly tls?: EtcdTls
  /** Deadline of each call; 10 s, which is longer than etcd's own, so that its answer is seen. */
  readonly callTimeoutMs?: number
}

type Method = keyof EtcdCalls
type Grpc = typeof import('@grpc/grpc-js')
type MethodDefinition = import('@grpc/grpc-js').MethodDefinition<object, object>
type Definitions = Readonly<Record<string, MethodDefinition>>

const PROTO = new URL('./etcd.proto', import.meta.url)
const SERVICES = ['KV', 'Lease', 'Maintenance', 'Watch'] as const
/** Until a member has accepted a connection and answered about itself. */
const CONNECT_MS = 2_000
/** Longer than etcd's own limit on a request: 5 s and two election timeouts. */
const CALL_MS = 10_000
const READY = 2
const CHANNEL: ChannelOptions = {
  'grpc.max_receive_message_length': -1, // a page of large objects
  'grpc.max_send_message_length': -1,
  // A member behind a cut link is given up after 15 s. Etcd allows a ping every 5 s.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.use_local_subchannel_pool': 1,
}

/**
 * Calls to an etcd cluster. One member is used until it fails, then the next. Every call has a deadline. Reads are asked
 * of each member in turn; a write is only repeated when it is certain that nobody carried it out, else it fails with
 * OutcomeUnknown.
 */
export class EtcdConnection {
  readonly #servers: readonly string[]
  readonly #clients: readonly Client[]
  readonly #definitions: Definitions
  /** Lets a member without a leader refuse at once instead of waiting (etcd: rpctypes metadata `hasleader`). */
  readonly #leader: Metadata
  readonly #callMs: number
  #current = 0
  #version = ''
  #closed = false

  /** Loads gRPC; does not connect yet. */
  static async load(address: EtcdAddress): Promise<EtcdConnection> {
    const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
    const packages = await loader.load(fileURLToPath(PROTO), { longs: Number, enums: String })
    const definitions: Record<string, MethodDefinition> = {}
    for (const service of SERVICES) Object.assign(definitions, packages[`etcdserverpb.${service}`])
    return new EtcdConnection(address, grpc, definitions)
  }

  private constructor(address: EtcdAddress, grpc: Grpc, definitions: Definitions) {
    const { servers, tls, callTimeoutMs = CALL_MS } = address
    this.#servers = servers
    this.#callMs = callTimeoutMs
    this.#definitions = definitions
    this.#leader = new grpc.Metadata()
    this.#leader.set('hasleader', 'true')
    this.#clients = servers.map((server) => {
      const { target, isTls } = parseServer(server)
      const credentials = isTls
        ? grpc.credentials.createSsl(tls?.ca ?? null, tls?.key ?? null, tls?.cert ?? null)
        : grpc.credentials.createInsecure()
      return new grpc.Client(target, credentials, CHANNEL)
    })
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
        return await this.#unary(client, method, request, withinMs)
      } catch (error) {
        const fault = faultOf(error as ServiceError)
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
        return await this.#unary(client, method, request, this.#callMs)
      } catch (error) {
        const fault = faultOf(error as ServiceError)
        if (fault.kind === 'refused') throw fault.error
        if (fault.kind === 'not done') return new TryNext(fault.why)
        this.#leave(client)
        throw outcomeUnknown(what, fault.why)
      }
    })
  }

  /** A stream of watches on a member that answers. */
  async watch(): Promise<ClientDuplexStream<WatchRequest, WatchResponse>> {
    const client = await this.#connected()
    const { path, requestSerialize, responseDeserialize } = this.#definitions.Watch!
    return client.makeBidiStreamRequest<WatchRequest, WatchResponse>(
      path,
      requestSerialize,
      responseDeserialize as (bytes: Buffer) => WatchResponse,
      this.#leader,
    )
  }

  /** The whole database of one member as it is in its file, in pieces (etcd: Maintenance.Snapshot). */
  async *snapshot(signal: AbortSignal): AsyncIterable<Buffer> {
    const client = await this.#connected()
    const { path, requestSerialize, responseDeserialize } = this.#definitions.Snapshot!
    const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {}, this.#leader)
    const cancel = () => call.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    try {
      for await (const { blob } of call as AsyncIterable<{ blob?: Buffer }>) if (blob) yield blob
    } catch (error) {
      const fault = faultOf(error as ServiceError)
      throw fault.kind === 'refused' ? fault.error : new StoreUnavailable(`etcd broke off the snapshot: ${fault.why}`)
    } finally {
      signal.removeEventListener('abort', cancel)
      call.cancel()
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
  async #each<T>(attempt: (client: Client) => Promise<T | TryNext>): Promise<T> {
    let why = 'no server was named'
    for (let tries = 0; tries <= this.#clients.length; tries++) {
      const client = this.#clients[this.#current]!
      const answer = (await this.#connect(client)) ?? (await attempt(client))
      if (!(answer instanceof TryNext)) return answer
      why = answer.why
      this.#leave(client)
    }
    throw unreachable(this.#servers, why)
  }

  #connected(): Promise<Client> {
    return this.#each(async (client) => client)
  }

  /** Undefined once the member has answered. Nothing is sent to one that has not. */
  async #connect(client: Client): Promise<TryNext | undefined> {
    if (this.#closed) throw new StoreUnavailable('the store is closed')
    if (this.#version !== '' && client.getChannel().getConnectivityState(true) === READY) return undefined
    try {
      const status: StatusResponse = await this.#unary(client, 'Status', {}, CONNECT_MS)
      this.#version = status.version ?? ''
      return undefined
    } catch (error) {
      const fault = faultOf(error as ServiceError)
      if (fault.kind === 'refused') throw fault.error
      return new TryNext(fault.why)
    }
  }

  /** Only if nobody else has turned to another member meanwhile. */
  #leave(client: Client): void {
    if (this.#clients[this.#current] === client) this.rotate()
  }

  #unary<M extends Method>(
    client: Client,
    method: M,
    request: EtcdCalls[M]['request'],
    deadlineMs: number,
  ): Promise<EtcdCalls[M]['response']> {
    const { path, requestSerialize, responseDeserialize } = this.#definitions[method]!
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + deadlineMs }
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        this.#leader,
        options,
        (error, answer) => {
          if (error) reject(error)
          else resolve(answer as EtcdCalls[M]['response'])
        },
      )
    })
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
export function parseServer(server: string): { target: string; isTls: boolean } {
  const match = /^(?:(https?):\/\/)?([^/\s]+?)\/?$/.exec(server)
  if (!match) throw new TypeError(`'${server}' is no address of an etcd server: write https://HOST:PORT`)
  const isTls = match[1] === 'https'
  const host = match[2]!
  return { target: /:\d+$/.test(host) ? host : `${host}:2379`, isTls }
}
