import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { test } from 'node:test'
import { Flag, FrameType, frame, MAX_FRAME_BYTES, numberFrame } from '../../../base/http2/frame.ts'
import { encodeHeaders } from '../../../base/http2/header-encoder.ts'
import { ErrorCode } from '../../../base/http2/http2-error.ts'
import { settle, settleUntil } from '../../../testing/fake-clock.ts'
import { answerOf, ask, exchanging, noise, open } from '../../../testing/http2-requests.ts'
import { serveHttp2 } from '../../../testing/http2-served.ts'
import { BodyTooLarge, ClientGone, type Exchange } from '../exchange.ts'

const MB = 1024 * 1024
/** What a stream may send before it is read. */
const STREAM_WINDOW = 256 * 1024

for (const [what, headers] of [
  ['with its length', { 'content-length': 8 * MB }],
  ['without its length', {}],
] as const) {
  test(`a body ${what} that is too long is refused before its end, and the connection goes on`, async () => {
    await using served = await serveHttp2(async (exchange) => {
      if (exchange.method === 'GET') return exchange.respond(200, {}, 'ok')
      await assert.rejects(async () => exchange.body(100_000), BodyTooLarge)
      exchange.respond(413, {}, 'too large')
    })
    const session = served.node()
    const refused = async () => {
      const stream = session.request({ ':method': 'POST', ...headers }, { endStream: false })
      stream.on('error', () => {})
      stream.write(Buffer.alloc(200_000))
      const { status, body, code } = await answerOf(stream)
      return [status, `${body}`, code]
    }
    assert.deepEqual(
      await Promise.all(Array.from({ length: 20 }, refused)),
      Array.from({ length: 20 }, () => [413, 'too large', ErrorCode.NoError]),
    )
    assert.equal(`${(await ask(session)).body}`, 'ok')
  })
}

test('a request that is answered without a look at its body does not stop the connection, however many there are', async () => {
  await using served = await serveHttp2((exchange) => exchange.respond(200, {}, 'ok'))
  const session = served.node()
  for (let n = 0; n < 100; n++) {
    const stream = open(session, { headers: { ':method': 'POST' }, body: Buffer.alloc(100_000) })
    assert.deepEqual((await answerOf(stream)).status, 200)
  }
})

test('a body whose client has gone before anybody looked at it is not taken for an empty one', async () => {
  const exchanges: Exchange[] = []
  await using served = await serveHttp2((exchange) => void exchanges.push(exchange))
  const stream = open(served.node(), { headers: { ':method': 'DELETE' }, body: '{"preconditions":{"uid":"x"}}' })
  await settleUntil(() => exchanges.length === 1)
  await settle(20)
  stream.close(constants.NGHTTP2_CANCEL)
  await once(exchanges[0]!.signal, 'abort')
  await assert.rejects(async () => exchanges[0]!.body(1_000), ClientGone)
})

/** A client that has sent half of a body. */
async function halfBody() {
  const arrived = Promise.withResolvers<Exchange>()
  const served = await serveHttp2((exchange) => arrived.resolve(exchange))
  const peer = await served.raw()
  const block = encodeHeaders({ ':method': 'POST', ':scheme': 'http', ':path': '/' })
  peer.send(frame(FrameType.Headers, Flag.EndHeaders, 1, block), frame(FrameType.Data, 0, 1, Buffer.from('half')))
  const exchange = await arrived.promise
  const breakOff = () => peer.send(numberFrame(FrameType.RstStream, 1, ErrorCode.Cancel))
  return { exchange, breakOff, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

test('a body that breaks off is none: its client has gone', async () => {
  await using half = await halfBody()
  const body = half.exchange.body(100)
  half.breakOff()
  await assert.rejects(async () => body, ClientGone)
})

test('incoming: the client is held to its window while nobody reads, and goes on when somebody does', async () => {
  await using served = await serveHttp2((exchange) => void arrived.resolve(exchange))
  const arrived = Promise.withResolvers<Exchange>()
  const session = served.node()
  const stream = session.request({ ':method': 'POST' }, { endStream: false })
  stream.end(noise(2 * MB))
  const { incoming } = await arrived.promise
  await settleUntil(() => incoming.readableLength === STREAM_WINDOW)
  await settle(20)
  const held = incoming.readableLength
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  assert.deepEqual([held, Buffer.concat(chunks).equals(noise(2 * MB))], [STREAM_WINDOW, true])
})

test('incoming: what was not read of requests that are over does not use up the window of the connection', async () => {
  const exchanges: Exchange[] = []
  await using served = await serveHttp2((exchange) => {
    exchange.incoming.on('error', () => {})
    exchanges.push(exchange)
  })
  const peer = await served.raw()
  const block = encodeHeaders({ ':method': 'POST', ':scheme': 'http', ':path': '/' })
  const window = frame(FrameType.Data, 0, 1, Buffer.alloc(MAX_FRAME_BYTES))
  const rounds: unknown[] = []
  for (let n = 0; n < 40; n++) {
    window.writeUInt32BE(2 * n + 1, 5)
    peer.send(frame(FrameType.Headers, Flag.EndHeaders, 2 * n + 1, block), ...Array.from({ length: 16 }, () => window))
    rounds.push([await peer.taken(), exchanges[n]?.incoming.readableLength])
    if (n % 2 === 0) peer.send(numberFrame(FrameType.RstStream, 2 * n + 1, ErrorCode.Cancel))
    else exchanges[n]!.respond(200, {}, 'not read')
  }
  assert.deepEqual(
    rounds,
    Array.from({ length: 40 }, () => [true, STREAM_WINDOW]),
  )
})

test('incoming: a request without a body has nothing in it', async () => {
  await using pair = await exchanging()
  const chunks: Buffer[] = []
  for await (const chunk of pair.exchange.incoming) chunks.push(chunk)
  assert.deepEqual([pair.exchange.hasBody, chunks], [false, []])
})

test('incoming: a body that breaks off is an error for who reads it', async () => {
  await using half = await halfBody()
  const read = (async () => {
    for await (const _ of half.exchange.incoming) half.breakOff()
  })()
  await assert.rejects(read, ClientGone)
})
