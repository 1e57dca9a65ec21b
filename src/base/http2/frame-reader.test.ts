import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FrameType, frame, MAX_FRAME_BYTES, numberFrame, settingsFrame } from './frame.ts'
import { type Frame, FrameReader } from './frame-reader.ts'
import { ErrorCode, Http2Error } from './http2-error.ts'

const STREAM_OF_FRAMES = Buffer.concat([
  settingsFrame([[4, 1_000]]),
  frame(FrameType.Data, 1, 3, Buffer.from('some data')),
  frame(FrameType.Data, 0, 2 ** 31 - 1, Buffer.alloc(0)),
  numberFrame(FrameType.WindowUpdate, 5, 7),
  frame(0xee as FrameType, 0xff, 9, Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
])

const FRAMES = [
  '4 0 0 0004000003e8',
  `0 1 3 ${Buffer.from('some data').toString('hex')}`,
  '0 0 2147483647 ',
  '8 0 5 00000007',
  '238 255 9 0000000000000000000000',
]

function read(chunks: Iterable<Buffer>): string[] {
  const reader = new FrameReader()
  const found: string[] = []
  const note = ({ type, flags, stream, payload }: Frame) => {
    found.push(`${type} ${flags} ${stream} ${payload.toString('hex')}`)
  }
  for (const chunk of chunks) reader.read(chunk, note)
  return found
}

test('frames are the same wherever what comes is cut', () => {
  const all = STREAM_OF_FRAMES
  assert.deepEqual(read([all]), FRAMES)
  for (let cut = 0; cut <= all.length; cut++) assert.deepEqual(read([all.subarray(0, cut), all.subarray(cut)]), FRAMES)
  for (let size = 1; size < 12; size++) {
    const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
      all.subarray(n * size, (n + 1) * size),
    )
    assert.deepEqual(read(pieces), FRAMES, `in pieces of ${size} bytes`)
  }
})

test('what was read may be written over at once, wherever it was cut', () => {
  const all = STREAM_OF_FRAMES
  const memory = Buffer.alloc(all.length)
  const inMemory = (piece: Buffer): Buffer => {
    memory.fill(0xff)
    piece.copy(memory)
    return memory.subarray(0, piece.length)
  }
  for (let first = 0; first <= all.length; first++) {
    for (const second of [first, first + 1, first + 9, all.length]) {
      const pieces = [all.subarray(0, first), all.subarray(first, second), all.subarray(second)]
      assert.deepEqual(read(pieces.values().map(inMemory)), FRAMES, `cut at ${first} and ${second}`)
    }
  }
})

test('a frame that is cut does not keep all that was read with it', () => {
  const reader = new FrameReader()
  const found: Buffer[] = []
  const chunk = Buffer.allocUnsafeSlow(20) // memory of its own
  STREAM_OF_FRAMES.copy(chunk)
  reader.read(chunk, () => {})
  reader.read(STREAM_OF_FRAMES.subarray(20, 40), ({ payload }) => found.push(payload))
  assert.notEqual(found[0]!.buffer, chunk.buffer)
})

test('the bit beside the number of the stream is ignored', () => {
  const bytes = frame(FrameType.Ping, 0, 3, Buffer.alloc(8))
  bytes[5]! |= 0x80
  assert.deepEqual(read([bytes]), ['6 0 3 0000000000000000'])
})

test('a frame may have all bytes that are allowed, and not one more: its head is enough to refuse it', () => {
  const longest = frame(FrameType.Data, 0, 1, Buffer.alloc(MAX_FRAME_BYTES, 'x'))
  assert.equal(read([longest.subarray(0, 100), longest.subarray(100)]).length, 1)
  const tooLong = frame(FrameType.Data, 0, 1, Buffer.alloc(MAX_FRAME_BYTES + 1)).subarray(0, 9)
  assert.throws(
    () => read([longest, tooLong]),
    (error) => error instanceof Http2Error && error.code === ErrorCode.FrameSizeError,
  )
})
