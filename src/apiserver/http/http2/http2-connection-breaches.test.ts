import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import {
  DEFAULT_WINDOW,
  Flag,
  FrameType,
  frame,
  MAX_FRAME_BYTES,
  MAX_WINDOW,
  numberFrame,
  PREFACE,
  Setting,
  settingsFrame,
} from '../../../base/http2/frame.ts'
import { type Field, HeaderDecoder } from '../../../base/http2/header-decoder.ts'
import { encodeHeaders } from '../../../base/http2/header-encoder.ts'
import { ErrorCode } from '../../../base/http2/http2-error.ts'
import { FakeClock, settleUntil } from '../../../testing/fake-clock.ts'
import type { RawPeer } from '../../../testing/http2-peer.ts'
import { HELLO, type ServedHttp2, serveHttp2 } from '../../../testing/http2-served.ts'
import type { Exchange } from '../exchange.ts'

const PSEUDO = { ':method': 'POST', ':scheme': 'https', ':path': '/', ':authority': 'x' }
const REQUEST = encodeHeaders(PSEUDO)
const NOTHING = Buffer.alloc(0)
const UNKNOWN = 0xee as FrameType

const zeros = (length: number) => Buffer.alloc(length)
const times = <T>(count: number, make: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => make(n))
const windowUpdate = (stream: number, by: number) => numberFrame(FrameType.WindowUpdate, stream, by)
const reset = (stream: number) => numberFrame(FrameType.RstStream, stream, ErrorCode.Cancel)
const data = (stream: number, length: number, flags = 0) => frame(FrameType.Data, flags, stream, zeros(length))
const ping = (flags = 0) => frame(FrameType.Ping, flags, 0, zeros(8))
const initialWindow = (size: number) => settingsFrame([[Setting.InitialWindowSize, size]])
/** A request whose body is still to come. */
const open = (stream: number, block = REQUEST) => frame(FrameType.Headers, Flag.EndHeaders, stream, block)
/** A request without a body. */
const ask = (stream: number, block = REQUEST) =>
  frame(FrameType.Headers, Flag.EndHeaders | Flag.EndStream, stream, block)
const withLength = (length: string) => encodeHeaders({ ...PSEUDO, 'content-length': length })

const { ProtocolError, FlowControlError, FrameSizeError, CompressionError, EnhanceYourCalm } = ErrorCode
const { StreamClosed, RefusedStream } = ErrorCode

/** A client whose stream 1 is open, and is never answered. */
interface Pair extends AsyncDisposable {
  readonly served: ServedHttp2
  readonly peer: RawPeer
  readonly exchanges: readonly Exchange[]
}

async function setup(): Promise<Pair> {
  const exchanges: Exchange[] = []
  const served = await serveHttp2((exchange) => void exchanges.push(exchange))
  const peer = await served.raw(Buffer.concat([HELLO, open(1)]))
  await peer.taken()
  peer.frames.length = 0
  return { served, peer, exchanges, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

/** What is said of streams, in order. */
const resets = ({ frames }: RawPeer): string[] =>
  frames.filter(({ type }) => type === FrameType.RstStream).map((one) => `${one.stream}: ${one.payload.readUInt32BE()}`)

const CONNECTION_BREACHES: readonly (readonly [what: string, code: ErrorCode, frames: readonly Buffer[]])[] = [
  ['a frame that is too long', FrameSizeError, [data(1, MAX_FRAME_BYTES + 1).subarray(0, 9)]],

  ['settings of a stream', ProtocolError, [frame(FrameType.Settings, 0, 1, NOTHING)]],
  ['settings that are cut off', FrameSizeError, [frame(FrameType.Settings, 0, 0, zeros(5))]],
  ['an acknowledgement with settings in it', FrameSizeError, [frame(FrameType.Settings, Flag.Ack, 0, zeros(6))]],
  [
    'acknowledgements without end',
    EnhanceYourCalm,
    times(1_100, () => frame(FrameType.Settings, Flag.Ack, 0, NOTHING)),
  ],
  ['settings without end', EnhanceYourCalm, times(1_100, () => settingsFrame([]))],
  ['windows that are set too large', FlowControlError, [initialWindow(2 ** 31)]],
  ['windows that become too large by a setting', FlowControlError, [windowUpdate(1, 1), initialWindow(MAX_WINDOW)]],
  ['a push that is neither on nor off', ProtocolError, [settingsFrame([[Setting.EnablePush, 2]])]],
  ['frames that are set too short', ProtocolError, [settingsFrame([[Setting.MaxFrameSize, MAX_FRAME_BYTES - 1]])]],
  ['frames that are set too long', ProtocolError, [settingsFrame([[Setting.MaxFrameSize, 2 ** 24]])]],

  ['a ping of a stream', ProtocolError, [frame(FrameType.Ping, 0, 1, zeros(8))]],
  ['a ping that is too short', FrameSizeError, [frame(FrameType.Ping, 0, 0, zeros(7))]],
  ['a ping that is too long', FrameSizeError, [frame(FrameType.Ping, 0, 0, zeros(9))]],
  ['answers to pings that nobody sent', EnhanceYourCalm, times(1_100, () => ping(Flag.Ack))],
  ['a farewell of a stream', ProtocolError, [frame(FrameType.GoAway, 0, 1, zeros(8))]],
  ['a farewell that is too short', FrameSizeError, [frame(FrameType.GoAway, 0, 0, zeros(7))]],
  ['farewells without end', EnhanceYourCalm, times(1_100, () => frame(FrameType.GoAway, 0, 0, zeros(8)))],

  ['a window update that is too short', FrameSizeError, [frame(FrameType.WindowUpdate, 0, 1, zeros(3))]],
  ['a window update that is too long', FrameSizeError, [frame(FrameType.WindowUpdate, 0, 0, zeros(5))]],
  ["the connection's window that grows by nothing", ProtocolError, [windowUpdate(0, 0)]],
  [
    "the connection's window that grows too large",
    FlowControlError,
    [windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW + 1)],
  ],
  ['the window of a stream that nobody opened', ProtocolError, [windowUpdate(3, 1)]],
  ['the window of a stream that is ours to open', ProtocolError, [windowUpdate(2, 1)]],

  ['a reset that is too short', FrameSizeError, [frame(FrameType.RstStream, 0, 1, zeros(3))]],
  ['a reset that is too long', FrameSizeError, [frame(FrameType.RstStream, 0, 1, zeros(5))]],
  ['a reset of no stream', ProtocolError, [reset(0)]],
  ['a reset of a stream that nobody opened', ProtocolError, [reset(3)]],
  ['a reset of a stream that is ours to open', ProtocolError, [reset(2)]],
  [
    '2,000 requests that are taken back',
    EnhanceYourCalm,
    times(2_000, (n) => [ask(3 + 2 * n), reset(3 + 2 * n)]).flat(),
  ],

  ['a priority that is too short', FrameSizeError, [frame(FrameType.Priority, 0, 1, zeros(4))]],
  ['a priority of no stream', ProtocolError, [frame(FrameType.Priority, 0, 0, zeros(5))]],
  ['priorities without end', EnhanceYourCalm, times(1_100, () => frame(FrameType.Priority, 0, 1, zeros(5)))],
  ['a push', ProtocolError, [frame(FrameType.PushPromise, Flag.EndHeaders, 1, zeros(8))]],
  ['a push of no stream', ProtocolError, [frame(FrameType.PushPromise, Flag.EndHeaders, 0, zeros(8))]],
  ['unknown frames without end', EnhanceYourCalm, times(1_100, () => frame(UNKNOWN, 0, 0, NOTHING))],

  ['a header of no stream', ProtocolError, [ask(0)]],
  ['a header of a stream that is ours to open', ProtocolError, [ask(2)]],
  [
    'a header with more padding than bytes',
    ProtocolError,
    [frame(FrameType.Headers, Flag.EndHeaders | Flag.Padded, 3, Buffer.from('\x03ab'))],
  ],
  [
    'a header too short for its priority',
    ProtocolError,
    [frame(FrameType.Headers, Flag.EndHeaders | Flag.Priority, 3, zeros(4))],
  ],
  ['a header that a ping interrupts', ProtocolError, [frame(FrameType.Headers, 0, 3, REQUEST), ping()]],
  [
    'a header that a frame interrupts which nobody knows',
    ProtocolError,
    [frame(FrameType.Headers, 0, 3, REQUEST), frame(UNKNOWN, 0, 3, NOTHING)],
  ],
  ['a header that another interrupts', ProtocolError, [frame(FrameType.Headers, 0, 3, REQUEST), ask(3)]],
  [
    'a header that another stream goes on with',
    ProtocolError,
    [frame(FrameType.Headers, 0, 3, REQUEST), frame(FrameType.Continuation, Flag.EndHeaders, 5, REQUEST)],
  ],
  ['a continuation of nothing', ProtocolError, [frame(FrameType.Continuation, Flag.EndHeaders, 1, REQUEST)]],
  [
    'a continuation of what is complete',
    ProtocolError,
    [ask(3), frame(FrameType.Continuation, Flag.EndHeaders, 3, NOTHING)],
  ],
  [
    'a header in thousands of empty pieces',
    EnhanceYourCalm,
    [frame(FrameType.Headers, 0, 3, REQUEST), ...times(8_000, () => frame(FrameType.Continuation, 0, 3, NOTHING))],
  ],
  [
    'a header of more than 64 KB',
    EnhanceYourCalm,
    [
      frame(FrameType.Headers, 0, 3, zeros(MAX_FRAME_BYTES)),
      ...times(4, () => frame(FrameType.Continuation, 0, 3, zeros(MAX_FRAME_BYTES))),
    ],
  ],
  ['a field that nobody remembers', CompressionError, [ask(3, Buffer.of(0xbe))]],
  ['a field that is cut off', CompressionError, [ask(3, REQUEST.subarray(0, -1))]],
  ['a field that is coded wrong', CompressionError, [ask(3, Buffer.from('0081000131', 'hex'))]],
  ['a table that is larger than agreed on', CompressionError, [ask(3, Buffer.from('3fe21f', 'hex'))]],
  ['a wrong field of a stream that is over', CompressionError, [reset(1), open(1, Buffer.of(0xbe))]],
  ['headers of streams that are over, without end', EnhanceYourCalm, [reset(1), ...times(1_100, () => open(1))]],

  ['data of no stream', ProtocolError, [data(0, 1)]],
  ['data of a stream that nobody opened', ProtocolError, [data(3, 1)]],
  ['data of a stream that is ours to open', ProtocolError, [data(2, 1)]],
  ['more padding than data', ProtocolError, [frame(FrameType.Data, Flag.Padded, 1, Buffer.from('\x03ab'))]],
  ['padding without its length', ProtocolError, [frame(FrameType.Data, Flag.Padded, 1, NOTHING)]],
  ["data beyond a stream's window", FlowControlError, [...times(16, () => data(1, MAX_FRAME_BYTES)), data(1, 1)]],
  [
    "data beyond the connection's window",
    FlowControlError,
    times(17, (n) => [open(3 + 2 * n), ...times(16, () => data(3 + 2 * n, MAX_FRAME_BYTES))]).flat(),
  ],
  ['data without bytes, without end', EnhanceYourCalm, times(1_100, () => data(1, 0))],
  [
    'padding without data, without end',
    EnhanceYourCalm,
    times(1_100, () => frame(FrameType.Data, Flag.Padded, 1, Buffer.of(1, 0))),
  ],
  [
    'requests without end that we have to reset', // as many as are taken back: CVE-2025-8671
    EnhanceYourCalm,
    times(1_100, (n) => [ask(3 + 2 * n), windowUpdate(3 + 2 * n, 0)]).flat(),
  ],
  [
    'malformed requests without end',
    EnhanceYourCalm,
    times(1_100, (n) => ask(3 + 2 * n, encodeHeaders({ ':method': 'GET' }))),
  ],
]

for (const [what, code, frames] of CONNECTION_BREACHES) {
  test(`${what} ends the connection with code ${code}`, async () => {
    await using pair = await setup()
    pair.peer.send(...frames, ask(2 ** 31 - 1))
    assert.equal(await pair.peer.goAwayCode(), code)
    await pair.peer.closed
    const { exchanges, served } = pair
    const late = exchanges.length
    assert.deepEqual([exchanges.every(({ signal }) => signal.aborted), served.faults], [true, []])
    assert.ok(late <= 1_101, 'what came behind the breach was looked at')
  })
}

const STREAM_BREACHES: readonly (readonly [what: string, resets: readonly string[], frames: readonly Buffer[]])[] = [
  ['a window that grows by nothing', [`1: ${ProtocolError}`], [windowUpdate(1, 0)]],
  ['a window that grows too large', [`1: ${FlowControlError}`], [windowUpdate(1, MAX_WINDOW - DEFAULT_WINDOW + 1)]],
  ['data behind the end of the request', [`3: ${StreamClosed}`], [ask(3), data(3, 1)]],
  ['a header behind the end of the request', [`3: ${StreamClosed}`], [ask(3), ask(3)]],
  ['trailers that are not the end', [`1: ${ProtocolError}`], [open(1, encodeHeaders({ a: 'b' }))]],
  ['trailers with a method', [`1: ${ProtocolError}`], [ask(1)]],
  ['a request without a path', [`3: ${ProtocolError}`], [ask(3, encodeHeaders({ ':method': 'GET', ':scheme': 'x' }))]],
  ['a body that is longer than was said', [`3: ${ProtocolError}`], [open(3, withLength('3')), data(3, 4)]],
  [
    'a body that is shorter than was said',
    [`3: ${ProtocolError}`],
    [open(3, withLength('3')), data(3, 2, Flag.EndStream)],
  ],
  ['no body where one was announced', [`3: ${ProtocolError}`], [ask(3, withLength('3'))]],
  [
    'trailers before the body is as long as was said',
    [`3: ${ProtocolError}`],
    [open(3, withLength('3')), data(3, 2), ask(3, encodeHeaders({ a: 'b' }))],
  ],
  [
    'the 1,001st request at once',
    [`2001: ${RefusedStream}`, `2003: ${RefusedStream}`],
    times(1_001, (n) => ask(3 + 2 * n)),
  ],
]

for (const [what, expected, frames] of STREAM_BREACHES) {
  test(`${what} ends the stream with ${expected.join(', ')}, and the connection goes on`, async () => {
    await using pair = await setup()
    pair.peer.send(...frames)
    assert.deepEqual([await pair.peer.taken(), resets(pair.peer), pair.served.faults], [true, expected, []])
  })
}

const HARMLESS: readonly (readonly [what: string, frames: readonly Buffer[]])[] = [
  ['a frame that nobody knows', [frame(UNKNOWN, 0xff, 0, zeros(9)), frame(UNKNOWN, 0, 77, NOTHING)]],
  ['a setting that nobody knows', [settingsFrame([[0xfa, 7]])]],
  [
    'settings within their bounds',
    [
      settingsFrame([
        [Setting.EnablePush, 1],
        [Setting.MaxFrameSize, 2 ** 24 - 1],
      ]),
    ],
  ],
  ['the largest window', [initialWindow(MAX_WINDOW), windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW)]],
  ['a farewell, after which it may still ask', [frame(FrameType.GoAway, 0, 0, zeros(8)), ask(3)]],
  [
    'priorities of streams that are open, are not, and are ours',
    [1, 2, 77].map((n) => frame(FrameType.Priority, 0, n, zeros(5))),
  ],
  [
    'padding, priority, and a header in pieces',
    [
      frame(
        FrameType.Headers,
        Flag.Padded | Flag.Priority,
        3,
        Buffer.concat([Buffer.of(2), zeros(5), REQUEST.subarray(0, 3), zeros(2)]),
      ),
      frame(FrameType.Continuation, 0, 3, NOTHING),
      frame(FrameType.Continuation, Flag.EndHeaders, 3, REQUEST.subarray(3)),
    ],
  ],
  [
    'padding beside data, and a frame of nothing but padding',
    [
      frame(FrameType.Data, Flag.Padded, 1, Buffer.from('\x02ab\0\0')),
      frame(FrameType.Data, Flag.Padded, 1, Buffer.from('\x01\0')),
      frame(FrameType.Data, Flag.Padded | Flag.EndStream, 1, Buffer.from('\0')),
    ],
  ],
  [
    'data and windows of a stream that is over',
    [reset(1), data(1, 10), windowUpdate(1, 1), windowUpdate(1, 0), reset(1)],
  ],
  ['a header of a stream that is over', [reset(1), open(1), ask(1)]],
  ['a stream number that was left out', [ask(9), ask(5)]],
  ['the last stream number', [ask(2 ** 31 - 1)]],
  ['a body as long as was said', [open(3, withLength('3')), data(3, 2), data(3, 1, Flag.EndStream)]],
  [
    'trailers behind a body as long as was said',
    [open(3, withLength('3')), data(3, 3), ask(3, encodeHeaders({ a: 'b' }))],
  ],
  ['as much data as the window lets through', times(16, () => data(1, MAX_FRAME_BYTES))],
  ['900 requests that are taken back', times(900, (n) => [ask(3 + 2 * n), reset(3 + 2 * n)]).flat()],
]

for (const [what, frames] of HARMLESS) {
  test(`${what}: nothing happens, and the connection goes on`, async () => {
    await using pair = await setup()
    pair.peer.send(...frames)
    assert.deepEqual([await pair.peer.taken(), resets(pair.peer), pair.served.faults], [true, [], []])
  })
}

for (const [what, code, hello] of [
  ['HTTP/1.1', ProtocolError, Buffer.from('GET / HTTP/1.1\r\nhost: x\r\n\r\n')],
  [
    'a preface with one wrong byte',
    ProtocolError,
    Buffer.concat([PREFACE.subarray(0, -1), Buffer.of(0), settingsFrame([])]),
  ],
  ['frames without the preface', ProtocolError, settingsFrame([])],
  ['a ping instead of settings', ProtocolError, Buffer.concat([PREFACE, ping()])],
  ['a request instead of settings', ProtocolError, Buffer.concat([PREFACE, ask(1)])],
  ['settings that are cut off', FrameSizeError, Buffer.concat([PREFACE, frame(FrameType.Settings, 0, 0, zeros(7))])],
] as const) {
  test(`a client that begins with ${what} loses the connection with code ${code}`, async () => {
    await using served = await serveHttp2(() => assert.fail('nothing was asked'))
    const peer = await served.raw(hello)
    assert.deepEqual([await peer.goAwayCode(), await peer.closed, served.faults], [code, undefined, []])
  })
}

test('the preface may come byte by byte', async () => {
  await using served = await serveHttp2(() => {})
  const peer = await served.raw(NOTHING)
  for (const byte of HELLO) {
    peer.send(Buffer.of(byte))
    await new Promise((sent) => peer.socket.write('', sent))
  }
  assert.equal(await peer.taken(), true)
})

for (const [what, hello] of [
  ['nothing', NOTHING],
  ['half a preface', PREFACE.subarray(0, 10)],
  ['the preface alone', PREFACE],
] as const) {
  test(`a client that says ${what} for 10 s loses the connection`, async () => {
    const clock = new FakeClock()
    await using served = await serveHttp2(() => {}, { clock })
    const peer = await served.raw(hello)
    await clock.advance(9_999)
    const before = peer.frames.length
    await clock.advance(1)
    assert.equal(await peer.goAwayCode(), ErrorCode.SettingsTimeout)
    await peer.closed
    assert.deepEqual([before, clock.pending, served.faults], [2, 0, []])
  })
}

test('a client that has sent its settings may be silent, and no timer is left', async () => {
  const clock = new FakeClock()
  await using served = await serveHttp2(() => {}, { clock })
  const peer = await served.raw()
  await peer.taken()
  assert.equal(clock.pending, 0)
  await clock.advance(3_600_000)
  assert.equal(await peer.taken(), true)
})

test('requests may be taken back again when some time has gone by', async () => {
  const clock = new FakeClock()
  await using served = await serveHttp2(() => {}, { clock })
  const peer = await served.raw()
  const takeBack = (first: number, count: number) =>
    times(count, (n) => [ask(first + 2 * n), reset(first + 2 * n)]).flat()
  peer.send(...takeBack(1, 1_000))
  const first = await peer.taken()
  await clock.advance(5_000)
  peer.send(...takeBack(2_001, 500))
  const second = await peer.taken()
  peer.send(...takeBack(3_001, 1))
  assert.deepEqual([first, second, await peer.goAwayCode()], [true, true, EnhanceYourCalm])
})

/** Of the answers in `frames`: their fields by stream, the date left out. */
function answers({ frames }: RawPeer): Record<number, Field[]> {
  const decoder = new HeaderDecoder()
  const heads = frames.filter(({ type }) => type === FrameType.Headers)
  return Object.fromEntries(
    heads.map(({ stream, payload }) => [stream, decoder.decode(payload)!.filter(([name]) => name !== 'date')]),
  )
}

test('fields that are more than 64 KB only when they are written out are answered with 431, and the connection goes on', async () => {
  await using pair = await setup()
  // One field of 4,000 bytes that is remembered, and then a byte for each time it comes again.
  const value = Buffer.concat([Buffer.from('4001617fa11e', 'hex'), Buffer.alloc(4_000, 'x')])
  pair.peer.send(ask(3, Buffer.concat([REQUEST, value, Buffer.alloc(20, 0xbe)])), ask(5))
  const goesOn = await pair.peer.taken()
  assert.deepEqual(
    [goesOn, answers(pair.peer), resets(pair.peer), pair.exchanges.length],
    [true, { 3: [[':status', '431']] }, [], 2],
  )
})

test('trailers of that kind end the stream', async () => {
  await using pair = await setup()
  const value = Buffer.concat([Buffer.from('4001617fa11e', 'hex'), Buffer.alloc(4_000, 'x')])
  pair.peer.send(ask(1, Buffer.concat([value, Buffer.alloc(20, 0xbe)])))
  assert.deepEqual([await pair.peer.taken(), resets(pair.peer)], [true, [`1: ${ProtocolError}`]])
})

test('data of streams that were reset, and that did not fit, does not use up the window of the connection', async () => {
  await using pair = await setup()
  for (let stream = 3; stream < 2 * 600; stream += 2) {
    pair.peer.send(open(stream, withLength('1')), data(stream, MAX_FRAME_BYTES))
    if (stream % 100 === 3) await pair.peer.taken()
  }
  assert.deepEqual([await pair.peer.taken(), pair.served.faults], [true, []])
  const credited = pair.peer.frames
    .filter(({ type, stream }) => type === FrameType.WindowUpdate && stream === 0)
    .reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0)
  assert.ok(credited >= 8 * 1024 * 1024, `${credited} bytes`)
})

test('who pings and does not read is cut off', async () => {
  await using pair = await setup()
  const [socket] = pair.served.sockets
  pair.peer.socket.pause()
  const flood = Buffer.concat(times(10_000, () => ping()))
  for (let n = 0; n < 400 && !socket!.writableEnded; n++) {
    await new Promise<void>((taken) => pair.peer.socket.write(flood, () => taken()))
  }
  await settleUntil(() => socket!.writableEnded)
  assert.ok(socket!.writableLength < 2 * 1024 * 1024, `${socket!.writableLength} bytes were kept`)
  pair.peer.socket.resume()
  assert.equal(await pair.peer.goAwayCode(), EnhanceYourCalm)
})

/** Resolves when the kernel takes no more of what is sent. */
async function fullOf(socket: Socket): Promise<void> {
  let [bytes, turns] = [0, 0]
  await settleUntil(() => {
    const isMoving = !socket.writableNeedDrain || bytes !== socket.bytesWritten
    bytes = socket.bytesWritten
    turns = isMoving ? 0 : turns + 1
    return turns > 500
  })
}

test('who is cut off, reads nothing and goes on sending is gone after 2 s', async () => {
  const clock = new FakeClock()
  await using served = await serveHttp2((exchange) => exchange.respond(200, {}, Buffer.alloc(64 * 1024 * 1024)), {
    clock,
  })
  const peer = await served.raw(
    Buffer.concat([PREFACE, initialWindow(MAX_WINDOW), windowUpdate(0, MAX_WINDOW - DEFAULT_WINDOW)]),
  )
  const [socket] = served.sockets
  peer.socket.pause()
  peer.send(ask(1))
  await fullOf(socket!)
  peer.send(windowUpdate(0, 0))
  await settleUntil(() => socket!.writableEnded)
  const seen: boolean[] = []
  for (const ms of [1_999, 1]) {
    peer.send(ping())
    await clock.advance(ms)
    seen.push(socket!.destroyed)
  }
  assert.deepEqual(seen, [false, true])
})

test('who asks for the heads of answers and does not read them is cut off', async () => {
  const pad = 'x'.repeat(15_000)
  await using served = await serveHttp2((exchange) => exchange.respond(204, { pad }, ''))
  const peer = await served.raw()
  await peer.taken()
  const [socket] = served.sockets
  peer.socket.pause()
  for (let n = 0; n < 40 && !socket!.writableEnded; n++) {
    const flood = Buffer.concat(times(200, (m) => ask(2 * (n * 200 + m) + 1)))
    await new Promise<void>((taken) => peer.socket.write(flood, () => taken()))
  }
  await settleUntil(() => socket!.writableEnded)
  assert.ok(socket!.writableLength < 80 * 1024 * 1024, `${socket!.writableLength} bytes were kept`)
})

/** A client to which an answer of 100 bytes is under way, of which its settings let nothing through. */
async function heldAnswer(): Promise<Pair> {
  const exchanges: Exchange[] = []
  const served = await serveHttp2((exchange) => {
    exchanges.push(exchange)
    exchange.respond(200, {}, Buffer.alloc(100, 'x'))
  })
  const peer = await served.raw(Buffer.concat([PREFACE, initialWindow(0), ask(1)]))
  await peer.taken()
  return { served, peer, exchanges, [Symbol.asyncDispose]: () => served[Symbol.asyncDispose]() }
}

const sentData = ({ frames }: RawPeer): string[] =>
  frames
    .filter(({ type }) => type === FrameType.Data)
    .map(({ payload, flags }) => `${payload.length}${flags & Flag.EndStream ? ' end' : ''}`)

test('settings move the windows of open streams, also below nothing', async () => {
  await using pair = await heldAnswer()
  const steps: string[][] = []
  for (const frames of [
    [initialWindow(10)], // 10 go out: 0 are left
    [initialWindow(5)], // -5
    [windowUpdate(1, 4)], // -1
    [windowUpdate(1, 1)], // 0
    [windowUpdate(1, 3)],
    [initialWindow(6)], // 1 more
    [initialWindow(0), windowUpdate(1, 6)], // back to 0
    [initialWindow(1_000)],
  ]) {
    pair.peer.frames.length = 0
    pair.peer.send(...frames)
    await pair.peer.taken()
    steps.push(sentData(pair.peer))
  }
  assert.deepEqual(steps, [['10'], [], [], [], ['3'], ['1'], [], ['86 end']])
})

test('an answer without a body needs no window', async () => {
  await using served = await serveHttp2((exchange) => exchange.respond(200, {}, ''))
  const peer = await served.raw(Buffer.concat([PREFACE, initialWindow(0), ask(1)]))
  const head = await peer.next(FrameType.Headers)
  assert.equal(head!.flags, Flag.EndHeaders | Flag.EndStream)
})

test('an answer is held back by the window of the connection, and its end is not', async () => {
  await using served = await serveHttp2((exchange) => {
    const stream = exchange.stream(200, {})
    stream.write(Buffer.alloc(exchange.url === '/' ? DEFAULT_WINDOW : 1))
    stream.end()
  })
  const ended = encodeHeaders({ ...PSEUDO, ':path': '/2' })
  const peer = await served.raw(Buffer.concat([PREFACE, initialWindow(1_000_000), ask(1), ask(3, ended)]))
  await peer.taken()
  const before = peer.frames.filter(({ type }) => type === FrameType.Data)
  peer.send(windowUpdate(0, 1))
  const last = await peer.next(FrameType.Data, ({ stream }) => stream === 3)
  assert.deepEqual(
    [before.reduce((sum, { payload }) => sum + payload.length, 0), last?.payload.length, resets(peer)],
    [DEFAULT_WINDOW, 1, []],
  )
})

test('a table of fields that the client makes smaller is said to be small before the next field', async () => {
  await using served = await serveHttp2((exchange) => exchange.respond(204, {}, ''))
  const peer = await served.raw(
    Buffer.concat([PREFACE, settingsFrame([[Setting.HeaderTableSize, 100]]), ask(1), ask(3)]),
  )
  await peer.taken()
  const heads = peer.frames.filter(({ type }) => type === FrameType.Headers)
  assert.deepEqual(
    heads.map(({ payload }) => payload[0]),
    [0x20, 0x89],
  )
})
