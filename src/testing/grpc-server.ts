import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  type MethodDefinition,
  Server,
  ServerCredentials,
} from '@grpc/grpc-js'
import { systemClock } from '../base/clock.ts'
import { GrpcClient } from '../store/etcd/grpc/grpc-client.ts'

/** How a test answers the calls; messages are bytes. What it does not answer is echoed. */
export interface GrpcHandlers {
  readonly unary?: handleUnaryCall<Buffer, Buffer>
  readonly stream?: handleBidiStreamingCall<Buffer, Buffer>
}

export interface GrpcServerOptions {
  readonly port?: number
  /** On one connection. */
  readonly maxConcurrentStreams?: number
  readonly credentials?: ServerCredentials
}

export interface GrpcServer extends AsyncDisposable {
  readonly port: number
}

export const UNARY = '/test.Service/Unary'
export const STREAM = '/test.Service/Stream'

const CONNECT_MS = 60_000

const asItIs = (bytes: Buffer): Buffer => bytes

function method(path: string, isStream: boolean): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream: isStream,
    responseStream: isStream,
    requestSerialize: asItIs,
    requestDeserialize: asItIs,
    responseSerialize: asItIs,
    responseDeserialize: asItIs,
  }
}

const echo: handleUnaryCall<Buffer, Buffer> = (call, answer) => answer(null, call.request)
const echoAll: handleBidiStreamingCall<Buffer, Buffer> = (call) => {
  call.on('data', (message) => call.write(message)).on('end', () => call.end())
}

/** A server of grpc-js on loopback, without limits on messages. What is open when it is disposed of is broken off. */
export async function grpcServer(handlers: GrpcHandlers, options: GrpcServerOptions = {}): Promise<GrpcServer> {
  const { port = 0, credentials = ServerCredentials.createInsecure(), maxConcurrentStreams } = options
  const server = new Server({
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    ...(maxConcurrentStreams !== undefined && { 'grpc.max_concurrent_streams': maxConcurrentStreams }),
  })
  const { unary = echo, stream = echoAll } = handlers
  server.addService({ unary: method(UNARY, false), stream: method(STREAM, true) }, { unary, stream })
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, found) => (error ? reject(error) : resolve(found)))
  })
  return {
    port: bound,
    async [Symbol.asyncDispose]() {
      server.forceShutdown()
      await new Promise<void>((resolve) => server.tryShutdown(() => resolve()))
    },
  }
}

/** A client that is connected to a server on loopback, and closes with the test. */
export async function connectedClient(port: number): Promise<GrpcClient & Disposable> {
  const client = new GrpcClient({
    address: { host: '127.0.0.1', port },
    clock: systemClock,
    metadata: {},
    greet: async () => {},
    connectMs: CONNECT_MS,
  })
  await client.connect()
  return Object.assign(client, { [Symbol.dispose]: () => client.close() })
}
