import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GrpcCode, GrpcError } from './grpc-error.ts'
import { framed, MessageReader } from './message-framing.ts'

const MESSAGES = ['one', '', 'a longer message', '', '', 'x'.repeat(300)]
const ALL = Buffer.concat(MESSAGES.map((text) => framed(Buffer.from(text))))

function read(pieces: readonly Buffer[]): string[] {
  const reader = new MessageReader()
  const found: string[] = []
  for (const piece of pieces) reader.read(piece, (message) => found.push(message.toString()))
  return found
}

const piecesOf = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.subarray(n * size, (n + 1) * size))

test('a message is sent with its length, not compressed', () => {
  assert.equal(framed(Buffer.from('abc')).toString('hex'), '0000000003616263')
  assert.equal(framed(Buffer.alloc(0)).toString('hex'), '0000000000')
})

test('messages are the same wherever what comes is cut, empty ones too', () => {
  assert.deepEqual(read([ALL]), MESSAGES)
  for (let cut = 0; cut <= ALL.length; cut++) {
    assert.deepEqual(read([ALL.subarray(0, cut), ALL.subarray(cut)]), MESSAGES, `cut at ${cut}`)
  }
  for (let size = 1; size < 20; size++) assert.deepEqual(read(piecesOf(ALL, size)), MESSAGES, `pieces of ${size} bytes`)
})

test('a message is handed out when its last byte has come, an incomplete one never', () => {
  const whole = framed(Buffer.from('abc'))
  assert.deepEqual(read([ALL, whole.subarray(0, -1)]), MESSAGES)
  assert.deepEqual(read([ALL, whole.subarray(0, -1), whole.subarray(-1)]), [...MESSAGES, 'abc'])
})

test('a large message in many pieces', () => {
  const large = Buffer.alloc(5_000_000, 'x')
  let found: Buffer | undefined
  const reader = new MessageReader()
  for (const piece of piecesOf(framed(large), 16_384)) {
    reader.read(piece, (message) => {
      found = message
    })
  }
  assert.ok(found?.equals(large))
})

test('a compressed message is refused, those before it are handed out', () => {
  const found: string[] = []
  const compressed = framed(Buffer.from('abc'))
  compressed[0] = 1
  assert.throws(
    () => new MessageReader().read(Buffer.concat([ALL, compressed]), (message) => found.push(message.toString())),
    (error) => error instanceof GrpcError && error.code === GrpcCode.Internal && error.stage === 'sent',
  )
  assert.deepEqual(found, MESSAGES)
})

test('a message that is longer than was allowed is refused when its length is known', () => {
  const reader = new MessageReader(3)
  reader.read(framed(Buffer.from('abc')), (message) => assert.equal(message.toString(), 'abc'))
  assert.throws(() => reader.read(framed(Buffer.from('abcd')).subarray(0, 5), () => {}), {
    name: 'GrpcError',
    message: 'a message has 4 bytes',
  })
})
