import { fileURLToPath } from 'node:url'
import type { Client, ServiceClientConstructor, ServiceError } from '@grpc/grpc-js'

/** How one service of a .proto file is called. */
export interface GrpcChannel {
  /** One request, one answer. Rejects with the ServiceError of grpc-js, or with the signal's reason. */
  unary<R>(method: string, request: object, options: CallOptions): Promise<R>
  /** One request, answers until the server ends, fails or the signal aborts (then it just ends). */
  stream<R>(method: string, request: object, signal: AbortSignal): AsyncIterable<R>
  close(): void
}

export interface CallOptions {
  readonly signal: AbortSignal
  /** Milliseconds; none when left out. */
  readonly deadlineMs?: number
  /** Metadata to send along. */
  readonly metadata?: Readonly<Record<string, string>>
}

export interface GrpcService {
  /** File beside the importing module: `new URL('./cri.proto', import.meta.url)`. */
  readonly proto: URL
  /** Full name: `runtime.v1.RuntimeService`. */
  readonly service: string
  /** In gRPC's notation: `unix:/run/x.sock`, `10.0.0.1:80`. */
  readonly address: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** The runtime's own limit on a message; lists on large nodes go beyond gRPC's default of 4 MiB. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
const CANCELLED = 1
const loaded = new Map<string, Promise<Record<string, unknown>>>()

/** Loads gRPC (slow, hence on first use) and makes a channel; the connection itself is made by the first call. */
export async function openChannel({ proto, service, address, metadata = {} }: GrpcService): Promise<GrpcChannel> {
  const grpc = await import('@grpc/grpc-js')
  const Service = serviceIn(await loadProto(proto), service)
  const client = new Service(address, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    'grpc.initial_reconnect_backoff_ms': 50,
    'grpc.max_reconnect_backoff_ms': 3000,
    'grpc.use_local_subchannel_pool': 1,
  })
  const headers = new grpc.Metadata()
  for (const [key, value] of Object.entries(metadata)) headers.set(key, value)
  return {
    unary: (method, request, options) => unaryCall(client, headers, definitionOf(Service, method), request, options),
    stream: (method, request, signal) => streamCall(client, headers, definitionOf(Service, method), request, signal),
    close: () => client.close(),
  }
}

function loadProto(proto: URL): Promise<Record<string, unknown>> {
  const known = loaded.get(proto.href)
  if (known) return known
  const loading = (async () => {
    const [grpc, loader] = await Promise.all([import('@grpc/grpc-js'), import('@grpc/proto-loader')])
    const definition = await loader.load(fileURLToPath(proto), { longs: Number, enums: String, defaults: true })
    return grpc.loadPackageDefinition(definition)
  })()
  loaded.set(proto.href, loading)
  return loading
}

function serviceIn(packages: Record<string, unknown>, name: string): ServiceClientConstructor {
  let found: unknown = packages
  for (const part of name.split('.')) found = (found as Record<string, unknown>)[part]
  return found as ServiceClientConstructor
}

type MethodDefinition = ServiceClientConstructor['service'][string]

function definitionOf(service: ServiceClientConstructor, method: string): MethodDefinition {
  const definition = service.service[method]
  if (!definition) throw new Error(`the service has no method ${method}`)
  return definition
}

function unaryCall<R>(
  client: Client,
  headers: import('@grpc/grpc-js').Metadata,
  { path, requestSerialize, responseDeserialize }: MethodDefinition,
  request: object,
  { signal, deadlineMs }: CallOptions,
): Promise<R> {
  if (signal.aborted) return Promise.reject(signal.reason)
  return new Promise((resolve, reject) => {
    const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs }
    const finish = (error: ServiceError | null, answer?: unknown): void => {
      signal.removeEventListener('abort', cancel)
      if (error) reject(signal.aborted ? signal.reason : error)
      else resolve(answer as R)
    }
    const call = client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, headers, options, finish)
    const cancel = (): void => call.cancel()
    signal.addEventListener('abort', cancel, { once: true })
  })
}

async function* streamCall<R>(
  client: Client,
  headers: import('@grpc/grpc-js').Metadata,
  { path, requestSerialize, responseDeserialize }: MethodDefinition,
  request: object,
  signal: AbortSignal,
): AsyncIterable<R> {
  if (signal.aborted) return
  const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, headers)
  const cancel = (): void => call.cancel()
  signal.addEventListener('abort', cancel, { once: true })
  try {
    yield* call as AsyncIterable<R>
  } catch (error) {
    if (signal.aborted && (error as ServiceError).code === CANCELLED) return
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
    call.cancel()
  }
}
