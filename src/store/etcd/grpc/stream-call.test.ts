import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import { Flag, FrameType, frame, settingsFrame } from '../../../base/http2/frame.ts'
import { encodeHeaders } from '../../../base/http2/header-encoder.ts'
import { settle, settleUntil } from '../../../testing/fake-clock.ts'
import { connectedClient, grpcServer, STREAM, UNARY } from '../../../testing/grpc-server.ts'
import { http2Server, rawServer } from '../../../testing/http2-peer.ts'
import { GrpcCode, type GrpcError } from './grpc-error.ts'
import { framed } from './message-framing.ts'
import type { StreamCall, StreamHandlers } from './stream-call.ts'

type ServerCall = ServerDuplexStream<Buffer, Buffer>

const MINUTE_MS = 60_000

/** What a call was told, in order. */
class Told implements StreamHandlers {
  readonly messages: string[] = []
  readonly ends: (GrpcError | undefined)[] = []

  onMessage(message: Buffer): void {
    this.messages.push(message.toString())
  }

  onEnd(error: Error | undefined): void {
    this.ends.push(error as GrpcError | undefined)
  }

  get end(): readonly [code?: number, stage?: string, message?: string] | undefined {
    const [error] = this.ends
    return error && [error.code, error.stage, error.message]
  }
}

/** A call whose other end a test plays. */
async function setup() {
  const calls: ServerCall[] = []
  const server = await grpcServer({ stream: (call) => calls.push(call.on('error', () => {})) })
  const client = await connectedClient(server.port)
  return {
    client,
    server,
    async open(told: StreamHandlers): Promise<{ call: StreamCall; peer: ServerCall }> {
      const before = calls.length
      const call = client.stream(STREAM, told)
      await settleUntil(() => calls.length > before)
      return { call, peer: calls.at(-1)! }
    },
    async [Symbol.asyncDispose]() {
      client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('messages go both ways, each side as it likes, until both have ended', async () => {
  await using server = await grpcServer({})
  using client = await connectedClient(server.port)
  const told = new Told()
  const call = client.stream(STREAM, told)
  for (const text of ['one', '', 'two']) call.send(Buffer.from(text))
  await settleUntil(() => told.messages.length === 3)
  call.send(Buffer.alloc(1_000_000, 'x'))
  call.send(Buffer.from('three'), true)
  await settleUntil(() => told.ends.length > 0)
  assert.deepEqual(told.messages, ['one', '', 'two', 'x'.repeat(1_000_000), 'three'])
  assert.deepEqual(told.ends, [undefined])
})

test('the server speaks first, many times, and ends the call while the client still has it open', async () => {
  await using pair = await setup()
  const told = new Told()
  const { call, peer } = await pair.open(told)
  const texts = Array.from({ length: 500 }, (_, n) => `event ${n}`)
  for (const text of texts) peer.write(Buffer.from(text))
  peer.end()
  await settleUntil(() => told.ends.length > 0)
  assert.deepEqual([told.messages, told.ends], [texts, [undefined]])
  call.send(Buffer.from('too late'))
  call.cancel()
  await settle()
  assert.equal(told.ends.length, 1)
})

test('a status ends the call, behind the messages before it', async () => {
  await using pair = await setup()
  const told = new Told()
  const { peer } = await pair.open(told)
  peer.write(Buffer.from('one'))
  peer.emit('error', { code: GrpcCode.Unavailable, details: 'etcdserver: no leader' })
  await settleUntil(() => told.ends.length > 0)
  assert.deepEqual([told.messages, told.end], [['one'], [GrpcCode.Unavailable, 'answered', 'etcdserver: no leader']])
})

test('the server sees a cancelled call, nothing more is told, and other calls go on', async () => {
  await using pair = await setup()
  const [told, other] = [new Told(), new Told()]
  const { call, peer } = await pair.open(told)
  const beside = await pair.open(other)
  peer.write(Buffer.from('one'))
  await settleUntil(() => told.messages.length === 1)
  peer.write(Buffer.from('two'))
  call.cancel()
  await settleUntil(() => peer.cancelled)
  beside.peer.write(Buffer.from('still here'))
  await settleUntil(() => other.messages.length === 1)
  assert.deepEqual([told.messages, told.ends], [['one'], []])
  assert.deepEqual([other.messages, other.ends], [['still here'], []])
})

test('whoever cancels while a message is told hears of none that came with it, nor of the end', async () => {
  const messages = ['one', 'two', 'three'].map((text) => framed(Buffer.from(text)))
  const header = encodeHeaders({ ':status': '200', 'content-type': 'application/grpc' })
  await using server = await rawServer(async (peer) => {
    peer.send(settingsFrame([]))
    await peer.next(FrameType.Headers)
    peer.send(
      frame(FrameType.Headers, Flag.EndHeaders, 1, header),
      frame(FrameType.Data, Flag.EndStream, 1, Buffer.concat(messages)),
    )
  })
  using client = await connectedClient(server.port)
  const told: string[] = []
  const call: StreamCall = client.stream(STREAM, {
    onMessage(message) {
      told.push(message.toString())
      call.cancel()
    },
    onEnd: () => told.push('the end'),
  })
  await settleUntil(() => told.length > 0)
  await settle()
  assert.deepEqual(told, ['one'])
})

test('what a handler throws ends its call, and no other', async () => {
  await using pair = await setup()
  const [told, other] = [new Told(), new Told()]
  const fault = new Error('cannot be read')
  const { peer } = await pair.open({
    onMessage() {
      throw fault
    },
    onEnd: (error) => told.onEnd(error),
  })
  const beside = await pair.open(other)
  peer.write(Buffer.from('one'))
  peer.write(Buffer.from('two'))
  await settleUntil(() => peer.cancelled)
  beside.peer.write(Buffer.from('still here'))
  await settleUntil(() => other.messages.length === 1)
  assert.deepEqual(told.ends, [fault])
})

test('a connection that breaks ends its calls, once each', async () => {
  await using pair = await setup()
  const calls = [new Told(), new Told()]
  for (const told of calls) await pair.open(told)
  await pair.server[Symbol.asyncDispose]()
  await settleUntil(() => calls.every(({ ends }) => ends.length > 0))
  await settle()
  for (const { ends } of calls) {
    assert.deepEqual([ends.length, ends[0]?.code, ends[0]?.stage], [1, GrpcCode.Unavailable, 'sent'])
  }
})

for (const [what, header, data, end] of [
  ['text', { 'content-type': 'text/plain' }, Buffer.from('hello'), [GrpcCode.Unknown, 'sent']],
  ['no status', { 'content-type': 'application/grpc' }, framed(Buffer.from('one')), [GrpcCode.Internal, 'sent']],
  [
    'a compressed message',
    { 'content-type': 'application/grpc' },
    Buffer.of(1, 0, 0, 0, 0),
    [GrpcCode.Internal, 'sent'],
  ],
] as const) {
  test(`a server that answers ${what} ends the call with an error`, async () => {
    await using server = await http2Server((stream) => {
      stream.respond({ ':status': 200, ...header })
      stream.end(data)
    })
    using client = await connectedClient(server.port)
    const told = new Told()
    client.stream(STREAM, told)
    await settleUntil(() => told.ends.length > 0)
    await settle()
    assert.deepEqual([told.end?.slice(0, 2), told.ends.length], [end, 1])
  })
}

test('calls of both kinds share the connection', async () => {
  await using server = await grpcServer({})
  using client = await connectedClient(server.port)
  const told = new Told()
  const call = client.stream(STREAM, told)
  const texts = Array.from({ length: 50 }, (_, n) => `${n}`)
  const answers = texts.map((text) => {
    call.send(Buffer.from(text))
    return client.unary(UNARY, Buffer.from(text), MINUTE_MS)
  })
  assert.deepEqual((await Promise.all(answers)).map(String), texts)
  await settleUntil(() => told.messages.length === texts.length)
  assert.deepEqual(told.messages, texts)
  call.cancel()
})
