import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Recorder, rawPair } from '../../../testing/http2-peer.ts'
import { Flag, FrameType, frame, MAX_FRAME_BYTES, MAX_WINDOW, numberFrame, Setting, settingsFrame } from '../frame.ts'
import { encodeHeaders } from '../header-encoder.ts'
import { ErrorCode, Http2Error } from '../http2-error.ts'

const HEAD = encodeHeaders({ ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'x' })
const OK = encodeHeaders({ ':status': '200' })
const NOTHING = Buffer.alloc(0)

const bytes = (length: number) => Buffer.alloc(length)
const windowUpdate = (stream: number, by: number) => numberFrame(FrameType.WindowUpdate, stream, by)

const { ProtocolError, FlowControlError, FrameSizeError, CompressionError, EnhanceYourCalm } = ErrorCode

/** Stream 1 is open, and takes its data in paces. */
const BREACHES: readonly (readonly [what: string, code: ErrorCode, frames: readonly Buffer[]])[] = [
  [
    'a frame that is too long',
    FrameSizeError,
    [frame(FrameType.Data, 0, 1, bytes(MAX_FRAME_BYTES + 1)).subarray(0, 9)],
  ],
  ['text', FrameSizeError, [Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')]],

  ['settings of one request', ProtocolError, [frame(FrameType.Settings, 0, 1, NOTHING)]],
  ['a ping of one request', ProtocolError, [frame(FrameType.Ping, 0, 1, bytes(8))]],
  ['a farewell to one request', ProtocolError, [frame(FrameType.GoAway, 0, 1, bytes(8))]],
  ['an acknowledgement with settings in it', FrameSizeError, [frame(FrameType.Settings, Flag.Ack, 0, bytes(6))]],
  [
    'a header in thousands of empty pieces',
    EnhanceYourCalm,
    [
      frame(FrameType.Headers, 0, 1, OK),
      ...Array.from({ length: 8_000 }, () => frame(FrameType.Continuation, 0, 1, NOTHING)),
    ],
  ],

  ['data of no request', ProtocolError, [frame(FrameType.Data, 0, 0, bytes(1))]],
  ['data of a request that nobody sent', ProtocolError, [frame(FrameType.Data, 0, 3, bytes(1))]],
  ['data of a stream that is not ours to open', ProtocolError, [frame(FrameType.Data, 0, 2, bytes(1))]],
  ['more padding than data', ProtocolError, [frame(FrameType.Data, Flag.Padded, 1, Buffer.from('\x03ab'))]],
  ['padding without its length', ProtocolError, [frame(FrameType.Data, Flag.Padded, 1, NOTHING)]],
  [
    'more data than the window lets through',
    FlowControlError,
    Array.from({ length: 257 }, () => frame(FrameType.Data, 0, 1, bytes(MAX_FRAME_BYTES))),
  ],

  ['a header of no request', ProtocolError, [frame(FrameType.Headers, Flag.EndHeaders, 0, OK)]],
  ['a header of a request that nobody sent', ProtocolError, [frame(FrameType.Headers, Flag.EndHeaders, 3, OK)]],
  ['a header of a stream that is not ours to open', ProtocolError, [frame(FrameType.Headers, Flag.EndHeaders, 2, OK)]],
  [
    'more padding than header',
    ProtocolError,
    [frame(FrameType.Headers, Flag.EndHeaders | Flag.Padded, 1, Buffer.from('\x03ab'))],
  ],
  [
    'a header too short for its priority',
    ProtocolError,
    [frame(FrameType.Headers, Flag.EndHeaders | Flag.Priority, 1, bytes(4))],
  ],
  [
    'a header that is interrupted by a ping',
    ProtocolError,
    [frame(FrameType.Headers, 0, 1, OK), frame(FrameType.Ping, 0, 0, bytes(8))],
  ],
  [
    'a header that is interrupted by a frame that nobody knows',
    ProtocolError,
    [frame(FrameType.Headers, 0, 1, OK), frame(0xee as FrameType, 0, 1, NOTHING)],
  ],
  [
    'a header that is interrupted by another',
    ProtocolError,
    [frame(FrameType.Headers, 0, 1, OK), frame(FrameType.Headers, Flag.EndHeaders, 1, OK)],
  ],
  [
    'a header that another request goes on with',
    ProtocolError,
    [frame(FrameType.Headers, 0, 1, OK), frame(FrameType.Continuation, Flag.EndHeaders, 3, OK)],
  ],
  ['a continuation of nothing', ProtocolError, [frame(FrameType.Continuation, Flag.EndHeaders, 1, OK)]],
  [
    'a header of more than 64 KiB',
    EnhanceYourCalm,
    [
      frame(FrameType.Headers, 0, 1, bytes(MAX_FRAME_BYTES)),
      ...[1, 2, 3].map(() => frame(FrameType.Continuation, 0, 1, bytes(MAX_FRAME_BYTES))),
      frame(FrameType.Continuation, 0, 1, bytes(1)),
    ],
  ],
  ['a header that is coded wrong', CompressionError, [frame(FrameType.Headers, Flag.EndHeaders, 1, Buffer.of(0xbe))]],

  ['a reset that is too short', FrameSizeError, [frame(FrameType.RstStream, 0, 1, bytes(3))]],
  ['a reset of a request that nobody sent', ProtocolError, [numberFrame(FrameType.RstStream, 3, 0)]],
  ['a reset of no request', ProtocolError, [numberFrame(FrameType.RstStream, 0, 0)]],

  ['settings that are cut off', FrameSizeError, [frame(FrameType.Settings, 0, 0, bytes(5))]],
  ['windows that are set too large', FlowControlError, [settingsFrame([[Setting.InitialWindowSize, 2 ** 31]])]],
  [
    'windows that become too large by a setting',
    FlowControlError,
    [windowUpdate(1, 1), settingsFrame([[Setting.InitialWindowSize, MAX_WINDOW]])],
  ],
  ['a push', ProtocolError, [frame(FrameType.PushPromise, Flag.EndHeaders, 1, bytes(8))]],
  ['a ping that is too short', FrameSizeError, [frame(FrameType.Ping, 0, 0, bytes(7))]],
  ['a farewell that is too short', FrameSizeError, [frame(FrameType.GoAway, 0, 0, bytes(7))]],

  ['a window update without a size', FrameSizeError, [frame(FrameType.WindowUpdate, 0, 1, bytes(3))]],
  ['a window that grows by nothing', ProtocolError, [windowUpdate(1, 0)]],
  ["the connection's window that grows by nothing", ProtocolError, [windowUpdate(0, 0)]],
  ['a window that grows too large', FlowControlError, [windowUpdate(1, MAX_WINDOW)]],
  ["the connection's window that grows too large", FlowControlError, [windowUpdate(0, MAX_WINDOW)]],
  ['the window of a request that nobody sent', ProtocolError, [windowUpdate(3, 1)]],
]

for (const [what, code, frames] of BREACHES) {
  test(`${what} ends the connection with code ${code}`, async () => {
    await using pair = await rawPair()
    const connection = await pair.opened
    const answer = new Recorder({ isPaced: true })
    connection.request(HEAD, answer).send(NOTHING, true)
    await pair.peer.next(FrameType.Data)
    pair.peer.send(...frames)
    assert.equal(await pair.peer.goAwayCode(), code)
    const reason = await connection.closed
    assert.ok(reason instanceof Http2Error && reason.code === code, `${reason}`)
    assert.deepEqual((await answer.over).failure, { why: reason.message, isUnprocessed: false })
    assert.equal(connection.isUsable, false)
    await pair.peer.closed
  })
}

for (const [what, code, greeting] of [
  ['a ping', ProtocolError, frame(FrameType.Ping, 0, 0, bytes(8))],
  ['a header', ProtocolError, frame(FrameType.Headers, Flag.EndHeaders, 1, OK)],
  ['text', FrameSizeError, Buffer.from('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')],
  ['bytes of TLS', FrameSizeError, Buffer.from('15030300020246', 'hex')],
  ['settings that are cut off', FrameSizeError, frame(FrameType.Settings, 0, 0, bytes(7))],
] as const) {
  test(`a peer that begins with ${what} instead of its settings does not open a connection`, async () => {
    await using pair = await rawPair({ greeting: Buffer.concat([greeting, bytes(9)]) })
    assert.equal(await pair.peer.goAwayCode(), code)
    await assert.rejects(pair.opened, (error) => error instanceof Http2Error && error.code === code)
    await pair.peer.closed
  })
}

test('a peer that closes without a word does not open a connection', async () => {
  await using pair = await rawPair({ greeting: NOTHING })
  pair.peer.socket.end()
  await assert.rejects(pair.opened, /the connection was closed/)
})

test('nothing that comes behind a breach is looked at', async () => {
  await using pair = await rawPair()
  const connection = await pair.opened
  const answer = new Recorder()
  connection.request(HEAD, answer).send(NOTHING, true)
  pair.peer.send(frame(FrameType.Ping, 0, 0, bytes(7)), frame(FrameType.Headers, Flag.EndHeaders, 1, OK))
  await connection.closed
  assert.deepEqual([answer.headers, (await answer.over).failure?.isUnprocessed], [[], false])
})
