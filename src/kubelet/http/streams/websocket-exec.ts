import type { WebSocket } from 'ws'
import { spdyHeaders, upgradeAtRuntime } from './runtime-upgrade.ts'
import { SpdyClient } from './spdy-client.ts'

/** Which streams a session has. */
export interface StreamOptions {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

/** Channels of `v4.channel.k8s.io` and v5: the first byte of each message. Only v5 knows Close, which ends one channel. */
const Channel = { Stdin: 0, Stdout: 1, Stderr: 2, Error: 3, Resize: 4, Close: 255 } as const

export const EXEC_PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const

/** Messages to the client wait in the socket up to this size; beyond it the runtime is not read. */
const MAX_BUFFERED_BYTES = 1 << 20

/** A WebSocket client's exec or attach session, carried on to the runtime as SPDY streams (KEP-4006). */
export async function serveWebSocketExec(socket: WebSocket, url: string, options: StreamOptions): Promise<void> {
  socket.pause()
  try {
    const { socket: connection, head } = await upgradeAtRuntime(url, spdyHeaders(['v4.channel.k8s.io']))
    connectStreams(socket, (closed) => new SpdyClient(connection, head, closed), options)
    socket.resume()
  } catch (error) {
    socket.resume()
    sendFailure(socket, (error as Error).message)
  }
}

function sendFailure(socket: WebSocket, message: string): void {
  const status = { metadata: {}, status: 'Failure', message, reason: 'InternalError', code: 500 }
  socket.send(Buffer.concat([Buffer.from([Channel.Error]), Buffer.from(JSON.stringify(status))]))
  socket.close(1000)
}

function connectStreams(
  socket: WebSocket,
  connect: (closed: () => void) => SpdyClient,
  { stdin, stdout, stderr, tty }: StreamOptions,
): void {
  const open = new Set<number>() // channels that the runtime still writes to
  const runtime = connect(() => socket.close(1000))
  const output = (channel: number, streamType: string): number => {
    open.add(channel)
    return runtime.open(
      { streamtype: streamType },
      {
        data: (chunk) => forward(socket, runtime, channel, chunk),
        end: () => {
          open.delete(channel)
          if (open.size === 0) runtime.close()
        },
      },
    )
  }
  output(Channel.Error, 'error')
  const inputs = new Map<number, number>() // channel → stream
  if (stdin) inputs.set(Channel.Stdin, runtime.open({ streamtype: 'stdin' }, { data() {}, end() {} }))
  if (stdout) output(Channel.Stdout, 'stdout')
  if (stderr && !tty) output(Channel.Stderr, 'stderr')
  if (tty) inputs.set(Channel.Resize, runtime.open({ streamtype: 'resize' }, { data() {}, end() {} }))
  receive(socket, runtime, inputs)
}

function forward(socket: WebSocket, runtime: SpdyClient, channel: number, chunk: Buffer): void {
  const message = Buffer.concat([Buffer.from([channel]), chunk])
  socket.send(message, () => {
    if (socket.bufferedAmount < MAX_BUFFERED_BYTES) runtime.resume()
  })
  if (socket.bufferedAmount >= MAX_BUFFERED_BYTES) runtime.pause()
}

function receive(socket: WebSocket, runtime: SpdyClient, inputs: Map<number, number>): void {
  runtime.onDrained(() => socket.resume())
  socket.on('message', (data: Buffer) => {
    const [channel, ...rest] = [data[0], data[1]]
    const stream = inputs.get(channel === Channel.Close ? (rest[0] ?? -1) : (channel ?? -1))
    if (stream === undefined) return
    if (channel === Channel.Close) runtime.finish(stream)
    else if (data.length > 1 && !runtime.write(stream, data.subarray(1))) socket.pause()
  })
  socket.on('close', () => runtime.close())
  socket.on('error', () => runtime.close())
}
