import assert from 'node:assert/strict'
import type { ServerHttp2Stream } from 'node:http2'
import { test } from 'node:test'
import { settle, settleUntil } from '../../../testing/fake-clock.ts'
import { connectedClient, grpcServer, STREAM } from '../../../testing/grpc-server.ts'
import { http2Server } from '../../../testing/http2-peer.ts'
import type { GrpcClient } from './grpc-client.ts'
import { GrpcCode } from './grpc-error.ts'
import { framed } from './message-framing.ts'
import { openPieces, type Pieces } from './pieces.ts'

const MIB = 1024 * 1024

const open = (client: GrpcClient, signal = new AbortController().signal): Promise<Pieces> =>
  openPieces(async (handlers) => client.stream(STREAM, handlers), signal)

/** Sends messages of 32 KiB as fast as it is let; how many bytes that were is counted. */
function pour(stream: ServerHttp2Stream, count: number, sent: { bytes: number }): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  let next = 0
  const go = (): void => {
    while (next < count) {
      const message = Buffer.alloc(32 * 1024, 'x')
      message.writeUInt32BE(next++)
      sent.bytes += message.length
      if (!stream.write(framed(message))) {
        stream.once('drain', go)
        return
      }
    }
    stream.end()
  }
  go()
}

test('a server is held back while its messages are not taken; they all arrive in order when they are', async () => {
  const count = 1_280
  const sent = { bytes: 0 }
  await using server = await http2Server((stream) => pour(stream, count, sent))
  using client = await connectedClient(server.port)
  await using pieces = await open(client)
  pieces.call.send(Buffer.alloc(0), true)
  await settleUntil(() => sent.bytes >= 4 * MIB - 64 * 1024)
  const [session] = server.sessions
  for (let round = 0; round < 50; round++) await new Promise<void>((answered) => session!.ping(() => answered()))
  assert.ok(sent.bytes < 5 * MIB, `${sent.bytes} bytes were sent to nobody`)

  let most = 0
  let taken = 0
  for await (const piece of pieces) {
    assert.equal(piece.readUInt32BE(), taken++)
    most = Math.max(most, sent.bytes - taken * piece.length)
    if (taken % 16 === 0) await settle(1)
  }
  assert.equal(taken, count)
  assert.ok(most < 5 * MIB, `${most} bytes were under way at once`)
})

test('calls beside one whose messages are not taken go on', async () => {
  const sent = { bytes: 0 }
  await using server = await http2Server((stream) => pour(stream, 1_280, sent))
  using client = await connectedClient(server.port)
  await using idle = await open(client)
  await settleUntil(() => sent.bytes >= 4 * MIB - 64 * 1024)
  await using busy = await open(client)
  let taken = 0
  for await (const piece of busy) {
    assert.equal(piece.readUInt32BE(), taken)
    if (++taken === 640) break
  }
  assert.equal(taken, 640)
  idle.call.cancel()
})

test('messages before an end are handed out, then the end: with an error or without', async () => {
  for (const status of [undefined, { code: GrpcCode.Unavailable, details: 'etcdserver: no leader' }]) {
    await using server = await grpcServer({
      stream(call) {
        for (const text of ['one', 'two']) call.write(Buffer.from(text))
        if (status) call.emit('error', status)
        else call.end()
      },
    })
    using client = await connectedClient(server.port)
    await using pieces = await open(client)
    const taken: string[] = []
    const all = (async () => {
      for await (const piece of pieces) taken.push(piece.toString())
    })()
    if (status) await assert.rejects(all, { name: 'GrpcError', stage: 'answered', message: 'etcdserver: no leader' })
    else await all
    assert.deepEqual(taken, ['one', 'two'])
  }
})

test('a connection that breaks is an error, not an end', async () => {
  const server = await grpcServer({ stream: (call) => call.on('error', () => {}).write(Buffer.from('one')) })
  try {
    using client = await connectedClient(server.port)
    await using pieces = await open(client)
    const taking = async () => {
      for await (const _piece of pieces) await server[Symbol.asyncDispose]()
    }
    await assert.rejects(taking(), { name: 'GrpcError', code: GrpcCode.Unavailable, stage: 'sent' })
  } finally {
    await server[Symbol.asyncDispose]()
  }
})

for (const [what, leave] of [
  ['its signal aborts', (_pieces: Pieces, abort: () => void) => abort()],
  ['it is disposed of', (pieces: Pieces) => void pieces[Symbol.asyncDispose]()],
] as const) {
  test(`the server sees that nobody takes the messages any more when ${what}`, async () => {
    let cancelled = false
    await using server = await grpcServer({
      stream(call) {
        call
          .on('error', () => {})
          .on('cancelled', () => {
            cancelled = true
          })
        call.write(Buffer.from('one'))
      },
    })
    using client = await connectedClient(server.port)
    const controller = new AbortController()
    await using pieces = await open(client, controller.signal)
    const first = await pieces[Symbol.asyncIterator]().next()
    assert.equal(first.value?.toString(), 'one')
    leave(pieces, () => controller.abort())
    await settleUntil(() => cancelled)
  })
}

test('iterating ends when the signal aborts, also while it waits', async () => {
  await using server = await grpcServer({ stream: (call) => call.on('error', () => {}).write(Buffer.from('one')) })
  using client = await connectedClient(server.port)
  const controller = new AbortController()
  await using pieces = await open(client, controller.signal)
  const taken: string[] = []
  const all = (async () => {
    for await (const piece of pieces) taken.push(piece.toString())
  })()
  await settleUntil(() => taken.length === 1)
  await settle()
  controller.abort()
  await all
  assert.deepEqual(taken, ['one'])
})

test('a signal that has aborted already gives no message', async () => {
  await using server = await grpcServer({ stream: (call) => call.on('error', () => {}).write(Buffer.from('one')) })
  using client = await connectedClient(server.port)
  await using pieces = await open(client, AbortSignal.abort())
  for await (const piece of pieces) assert.fail(`${piece} was handed out`)
})
