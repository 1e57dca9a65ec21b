import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Flag, FrameType, frame, numberFrame } from '../../../base/http2/frame.ts'
import { encodeHeaders } from '../../../base/http2/header-encoder.ts'
import { ErrorCode } from '../../../base/http2/http2-error.ts'
import { answerOf, exchanging, noise } from '../../../testing/http2-requests.ts'
import { serveHttp2 } from '../../../testing/http2-served.ts'
import type { Exchange } from '../exchange.ts'

const MB = 1024 * 1024

test('a connection that closes answers what runs, takes nothing more, and ends', async () => {
  await using pair = await exchanging()
  const { session, served, stream, exchange } = pair
  const goAway = once(session, 'goaway')
  const received = answerOf(stream)
  served.connections[0]!.close()
  const [code, last] = await goAway
  const answer = exchange.stream(200, {})
  answer.write('still ')
  await once(stream, 'response')
  answer.write('answered')
  answer.end()
  const { body } = await received
  await Promise.all([once(session, 'close'), served.sockets[0]!.closed || once(served.sockets[0]!, 'close')])
  assert.deepEqual([code, last, `${body}`, served.faults], [ErrorCode.NoError, 1, 'still answered', []])
})

test('a connection that closes sends a large answer to its last byte', async () => {
  await using pair = await exchanging()
  const large = noise(4 * MB)
  const received = answerOf(pair.stream)
  pair.served.connections[0]!.close()
  pair.exchange.respond(200, {}, large)
  assert.ok((await received).body.equals(large))
})

test('a connection that closes does not look at requests that come then', async () => {
  let begun = 0
  await using served = await serveHttp2((exchange) => {
    if (begun++ === 0) running = exchange
  })
  let running: Exchange | undefined
  const peer = await served.raw()
  const request = (stream: number) =>
    frame(
      FrameType.Headers,
      Flag.EndHeaders,
      stream,
      encodeHeaders({ ':method': 'GET', ':scheme': 'http', ':path': '/' }),
    )
  peer.send(request(1))
  await peer.taken()
  served.connections[0]!.close()
  served.connections[0]!.close()
  peer.send(
    request(3),
    frame(FrameType.Data, Flag.EndStream, 3, Buffer.alloc(10)),
    numberFrame(FrameType.RstStream, 3, 8),
  )
  const goesOn = await peer.taken()
  running!.respond(200, {}, '')
  const code = await peer.goAwayCode()
  await peer.closed
  const heads = peer.frames.filter(({ type }) => type === FrameType.Headers).map(({ stream }) => stream)
  assert.deepEqual([goesOn, begun, code, heads, served.faults], [true, 1, ErrorCode.NoError, [1], []])
})

test('a connection that closes with nothing running ends at once, also before it has heard of its client', async () => {
  await using served = await serveHttp2(() => {})
  const peers = [await served.raw(), await served.raw(Buffer.alloc(0))]
  await peers[0]!.taken()
  for (const connection of served.connections) connection.close()
  assert.deepEqual(await Promise.all(peers.map((peer) => peer.goAwayCode())), [ErrorCode.NoError, ErrorCode.NoError])
  await Promise.all(peers.map(({ closed }) => closed))
  assert.deepEqual(served.faults, [])
})
