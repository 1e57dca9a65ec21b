import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { WebSocket, WebSocketServer } from 'ws'
import { type StreamingSession, startStreamingServer } from '../../../testing/streaming-server.ts'
import type { StreamOptions } from './websocket-exec.ts'
import { serveWebSocketExec } from './websocket-exec.ts'

const SYN_STREAM = 1
const FIN = 1
const OUTPUT: StreamOptions = { stdin: false, stdout: true, stderr: true, tty: false }

/** A WebSocket client whose session is carried on to a runtime that a test plays. */
async function connect(options: StreamOptions, play: (session: StreamingSession) => void | Promise<void>) {
  const runtime = await startStreamingServer(play)
  const kubelet = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(kubelet, 'listening')
  kubelet.on('connection', (socket) => void serveWebSocketExec(socket, runtime.url, options))
  const client = new WebSocket(`ws://127.0.0.1:${(kubelet.address() as AddressInfo).port}`)
  const messages: [channel: number, text: string][] = []
  client.on('message', (data: Buffer) => messages.push([data[0] ?? -1, data.subarray(1).toString()]))
  const closed = once(client, 'close')
  await once(client, 'open')
  return {
    client,
    /** Everything that came until the session was closed. */
    async all() {
      await closed
      return messages
    },
    async [Symbol.asyncDispose]() {
      client.terminate()
      kubelet.close()
      await runtime[Symbol.asyncDispose]()
    },
  }
}

/** The types of the streams that were opened, in order. Header blocks are stored, not compressed: they can be read as they are. */
async function streamTypes({ frames }: StreamingSession, count: number): Promise<string[]> {
  const types: string[] = []
  for await (const frame of frames()) {
    if (frame.kind !== 'control' || frame.type !== SYN_STREAM) continue
    types.push(/streamtype....([a-z]+)/s.exec(frame.body.toString('latin1'))?.[1] ?? '')
    if (types.length === count) return types
  }
  return types
}

test('output and status come on their channels, and the session ends with the streams', async () => {
  await using session = await connect(OUTPUT, async (runtime) => {
    await streamTypes(runtime, 3)
    const { send, socket } = runtime
    send(3, 'out')
    send(5, 'err', { fin: true })
    send(3, 'more', { fin: true })
    send(1, '{"status":"Success"}', { fin: true })
    socket.resume()
  })
  assert.deepEqual(await session.all(), [
    [1, 'out'],
    [2, 'err'],
    [1, 'more'],
    [3, '{"status":"Success"}'],
  ])
})

test('what the client types reaches the runtime, and its end too', async () => {
  const typed = Promise.withResolvers<string>()
  await using session = await connect({ ...OUTPUT, stdin: true }, async ({ frames, send }) => {
    let text = ''
    for await (const frame of frames()) {
      if (frame.kind !== 'data') continue
      text += frame.body
      if ((frame.flags & FIN) !== 0) break
    }
    typed.resolve(text)
    for (const stream of [1, 5, 7]) send(stream, '', { fin: true })
  })
  session.client.send(Buffer.from('\x00hello '))
  session.client.send(Buffer.from('\x00world'))
  session.client.send(Buffer.from([255, 0]))
  assert.equal(await typed.promise, 'hello world')
})

const sessions: readonly (readonly [string, StreamOptions, readonly string[]])[] = [
  ['output only', OUTPUT, ['error', 'stdout', 'stderr']],
  ['input', { ...OUTPUT, stdin: true }, ['error', 'stdin', 'stdout', 'stderr']],
  ['a terminal', { ...OUTPUT, stdin: true, tty: true }, ['error', 'stdin', 'stdout', 'resize']],
]

for (const [what, options, want] of sessions) {
  test(`a session with ${what} opens the streams ${want.join(', ')}`, async () => {
    const found = Promise.withResolvers<string[]>()
    await using _session = await connect(options, async (session) => {
      found.resolve(await streamTypes(session, want.length))
    })
    assert.deepEqual(await found.promise, want)
  })
}

test('a runtime that hangs up ends the session', async () => {
  await using session = await connect(OUTPUT, ({ socket }) => void socket.end())
  assert.deepEqual(await session.all(), [])
})

test('a runtime that cannot be reached is told on the error channel', async () => {
  const kubelet = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(kubelet, 'listening')
  kubelet.on('connection', (socket) => void serveWebSocketExec(socket, 'http://127.0.0.1:1/exec/x', OUTPUT))
  const client = new WebSocket(`ws://127.0.0.1:${(kubelet.address() as AddressInfo).port}`)
  const [data] = (await once(client, 'message')) as [Buffer]
  const { status, code, message } = JSON.parse(data.subarray(1).toString())
  assert.deepEqual([data[0], status, code], [3, 'Failure', 500])
  assert.match(message, /ECONNREFUSED/)
  await once(client, 'close')
  kubelet.close()
})
