import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type OutgoingHttpHeaders, sensitiveHeaders } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { http2Server } from '../../testing/http2-peer.ts'
import { randomNumbers } from '../../testing/random-object.ts'
import { Flag, FrameType, frame, PREFACE, Setting, settingsFrame } from './frame.ts'
import { FrameReader } from './frame-reader.ts'
import { type Field, HeaderDecoder, MAX_HEADER_LIST_BYTES } from './header-decoder.ts'
import { encodeHeaders } from './header-encoder.ts'
import { ErrorCode, Http2Error } from './http2-error.ts'

const REQUEST = encodeHeaders({ ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'x' })

interface Block {
  readonly bytes: Buffer
  /** The fields in it. */
  readonly fields: Record<string, string>
}

/**
 * Answers as nghttp2 codes them one after the other on one connection. `tableSizes`: what the client sets the size of the
 * table to before it asks for the answer with that index.
 */
async function blocksOf(
  answers: readonly OutgoingHttpHeaders[],
  tableSizes: Readonly<Record<number, readonly number[]>> = {},
): Promise<Block[]> {
  await using server = await http2Server((stream) => {
    stream.respond({ date: 'now', ...answers[(stream.id! - 1) / 2] }, { endStream: true })
  })
  const socket = connect(server.port, '127.0.0.1')
  try {
    socket.write(Buffer.concat([PREFACE, settingsFrame([])]))
    const reader = new FrameReader()
    const blocks: Block[] = []
    for (const [index, answer] of answers.entries()) {
      const settings = (tableSizes[index] ?? []).map((size) => settingsFrame([[Setting.HeaderTableSize, size]]))
      const flags = Flag.EndStream | Flag.EndHeaders
      socket.write(Buffer.concat([...settings, frame(FrameType.Headers, flags, index * 2 + 1, REQUEST)]))
      blocks.push({ bytes: await nextBlock(socket, reader), fields: plain(answer) })
    }
    return blocks
  } finally {
    socket.destroy()
  }
}

async function nextBlock(socket: Socket, reader: FrameReader): Promise<Buffer> {
  const pieces: Buffer[] = []
  let isComplete = false
  while (!isComplete) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    reader.read(chunk, ({ type, flags, payload }) => {
      if (type !== FrameType.Headers && type !== FrameType.Continuation) return
      pieces.push(payload)
      isComplete = (flags & Flag.EndHeaders) !== 0
    })
  }
  return Buffer.concat(pieces)
}

function plain(headers: OutgoingHttpHeaders): Record<string, string> {
  const fields = Object.entries({ ':status': 200, date: 'now', ...headers }).map(([name, value]) => [name, `${value}`])
  return Object.fromEntries(fields)
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const decode = (text: string, decoder = new HeaderDecoder()) => Object.fromEntries(decoder.decode(hex(text)) ?? [])

/** The fields, or the code of the Http2Error: anything else is thrown on. */
function outcome(decoder: HeaderDecoder, block: Buffer): readonly Field[] | undefined | ErrorCode {
  try {
    return decoder.decode(block)
  } catch (error) {
    if (error instanceof Http2Error) return error.code
    throw error
  }
}

const MONDAY = 'Mon, 21 Oct 2013 20:13:2'
const RFC_ANSWERS = [
  { ':status': '302', 'cache-control': 'private', date: `${MONDAY}1 GMT`, location: 'https://www.example.com' },
  { ':status': '307', 'cache-control': 'private', date: `${MONDAY}1 GMT`, location: 'https://www.example.com' },
  {
    ':status': '200',
    'cache-control': 'private',
    date: `${MONDAY}2 GMT`,
    location: 'https://www.example.com',
    'content-encoding': 'gzip',
    'set-cookie': 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  },
]
const TABLE_OF_256 = '3fe101'

for (const [section, blocks] of [
  [
    'C.5',
    [
      `${TABLE_OF_256} 4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`,
      '4803333037c1c0bf',
      '88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31',
    ],
  ],
  [
    'C.6',
    [
      `${TABLE_OF_256} 488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3`,
      '4883640effc1c0bf',
      '88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    ],
  ],
] as const) {
  test(`the answers of RFC 7541, ${section}, which evict entries of a table of 256 bytes`, () => {
    const decoder = new HeaderDecoder()
    assert.deepEqual(
      blocks.map((block) => decode(block, decoder)),
      RFC_ANSWERS,
    )
  })
}

test('every byte that a value may have, as nghttp2 codes it', async () => {
  const bytes = [9, ...Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte >= 32 && byte !== 127)]
  const answers = bytes.map((byte) => ({ 'x-a': `eeeeeeeeee${String.fromCharCode(byte)}eeeeeeeeee` }))
  const decoder = new HeaderDecoder()
  for (const { bytes: block, fields } of await blocksOf(answers)) {
    assert.deepEqual(Object.fromEntries(decoder.decode(block) ?? []), fields)
    assert.ok(!block.includes('eeeee'), 'nghttp2 did not compress the value')
  }
})

test('answers of one connection, with fields that come again, change, are secret or too long, are read in order', async () => {
  const answers = Array.from({ length: 200 }, (_, n) => ({
    'content-type': 'application/grpc',
    'grpc-status': `${n % 3}`,
    [`x-${n % 7}`]: `${n % 5} `.repeat(n * 2).trim(),
    'x-long': 'µ'.repeat(n % 10 === 0 ? 5_000 : 300 + n),
    authorization: `secret ${n}`,
    [sensitiveHeaders]: ['authorization'],
  }))
  const blocks = await blocksOf(answers)
  const decoder = new HeaderDecoder()
  for (const { bytes, fields } of blocks) assert.deepEqual(Object.fromEntries(decoder.decode(bytes) ?? []), fields)
  const last = blocks.at(-1)!
  assert.notDeepEqual(outcome(new HeaderDecoder(), last.bytes), new Map(Object.entries(last.fields)))
})

test('a server keeps to the size of the table that was set, and says so', async () => {
  const answers = Array.from({ length: 40 }, (_, n) => ({ 'x-a': `${n % 4}`.repeat(20), [`x-${n % 4}`]: 'same' }))
  const decoder = new HeaderDecoder()
  const blocks = await blocksOf(answers, { 5: [0], 15: [100], 25: [4_096], 35: [0, 4_096] })
  for (const { bytes, fields } of blocks) assert.deepEqual(Object.fromEntries(decoder.decode(bytes) ?? []), fields)
  assert.deepEqual([blocks[5]!.bytes[0], blocks[15]!.bytes[0]! >> 5, blocks[25]!.bytes[0]! >> 5], [0x20, 1, 1])
})

test('an entry fits that fills the table; one that is larger empties it, and is a field nevertheless', () => {
  for (const [length, fits] of [
    [4_063, true],
    [4_064, false],
  ] as const) {
    const decoder = new HeaderDecoder()
    decode('400161 0131', decoder)
    assert.deepEqual(decode('be', decoder), { a: '1' })
    const value = Buffer.alloc(length, 'x')
    const prefix = Buffer.concat([hex('400162 7f'), Buffer.of(((length - 127) % 128) | 128, (length - 127) >> 7)])
    assert.equal(new Map(decoder.decode(Buffer.concat([prefix, value]))).get('b')?.length, length)
    const [newest, older] = [hex('be'), hex('bf')].map((block) => outcome(decoder, block))
    assert.deepEqual([Array.isArray(newest), older], [fits, ErrorCode.CompressionError])
  }
})

test('of a field that comes twice the last value counts, also one without a value', () => {
  assert.deepEqual(decode('000161 0131 000161 0132'), { a: '2' })
  assert.deepEqual(decode('000161 00'), { a: '' })
  assert.deepEqual(decode(''), {})
})

for (const [what, block] of [
  ['index 0', '80'],
  ['an index beyond the tables', 'be'],
  ['an index far beyond them', 'ff8001'],
  ['the name of an index beyond the tables', '7f0000'],
  ['a table that is larger than agreed', '3fe21f'],
  ['a number that does not end', `ff${'80'.repeat(20)}`],
  ['a number that is too large', 'ffffffffffffffffff7f'],
  ['a number with more zeros than a number can have digits', `ff${'80'.repeat(147)}00`],
  ['a size of the table with more zeros than a number can have digits', `3f${'80'.repeat(147)}00`],
  ['a length with more zeros than a number can have digits', `0001617f${'80'.repeat(147)}00`],
  ['a name that goes beyond the block', '000561'],
  ['a value that goes beyond the block', '000161027a'],
  ['a value that is missing', '000161'],
  ['a name that is coded wrong', '0081000131'],
  ['a value with a coded end of text', '00016184ffffffff'],
  ['an entry of a table that was emptied', '400161013120be'],
] as const) {
  test(`${what} is refused`, () => {
    assert.equal(outcome(new HeaderDecoder(), hex(block)), ErrorCode.CompressionError)
  })
}

/** `x-a` with a value of so many bytes, of which the table remembers each once it has been sent. */
function remembered(length: number): Buffer {
  const rest = length - 127
  return Buffer.concat([hex('4003782d61 7f'), Buffer.of((rest % 128) | 128, rest >> 7), Buffer.alloc(length, 'v')])
}

test('the fields of a block count together as entries of a table do, up to 64 KB', () => {
  const decoder = new HeaderDecoder()
  decoder.decode(remembered(989)) // with its name and 32 bytes: 1,024
  const fields = (count: number) => decoder.decode(Buffer.alloc(count, 0xbe))
  assert.equal(MAX_HEADER_LIST_BYTES, 64 * 1024)
  assert.deepEqual([fields(64)?.length, fields(65), fields(60_000), fields(64)?.length], [64, undefined, undefined, 64])
})

test('a block whose fields are too long together leaves the table as it should be', () => {
  const decoder = new HeaderDecoder()
  decoder.decode(remembered(989))
  const added = hex('400178 0179')
  const tooLong = decoder.decode(Buffer.concat([Buffer.alloc(70, 0xbe), added, Buffer.alloc(70, 0xbf)]))
  assert.deepEqual([tooLong, decode('be', decoder)], [undefined, { x: 'y' }])
})

test('a block that is too long and wrong is refused', () => {
  const decoder = new HeaderDecoder()
  decoder.decode(remembered(989))
  assert.equal(outcome(decoder, Buffer.concat([Buffer.alloc(70, 0xbe), hex('bf')])), ErrorCode.CompressionError)
})

test('fields come in their order, also those of one name', () => {
  const fields = new HeaderDecoder().decode(hex('000161 0131 000162 0132 000161 0133'))
  assert.deepEqual(fields, [
    ['a', '1'],
    ['b', '2'],
    ['a', '3'],
  ])
})

test('a block that is cut off anywhere gives the fields before the cut, or is refused', async () => {
  const blocks = await blocksOf([
    { 'content-type': 'application/grpc', 'x-a': 'one', 'x-long': 'x'.repeat(300), '~~~': '^^^^' },
    { 'content-type': 'application/grpc', 'x-a': 'two', 'x-long': 'x'.repeat(300), '~~~': '^^^' },
  ])
  for (const [index, { bytes, fields }] of blocks.entries()) {
    let refused = 0
    for (let end = 0; end < bytes.length; end++) {
      const decoder = new HeaderDecoder()
      for (const earlier of blocks.slice(0, index)) decoder.decode(earlier.bytes)
      const found = outcome(decoder, bytes.subarray(0, end))
      if (found === ErrorCode.CompressionError) refused++
      else for (const [name, value] of found as Field[]) assert.equal(value, fields[name])
    }
    assert.ok(refused >= bytes.length - 7)
  }
})

test('random bytes give fields or are refused, and so do answers with random changes', async () => {
  const random = randomNumbers(7541)
  const byte = () => Math.floor(random() * 256)
  const samples = await blocksOf(
    Array.from({ length: 20 }, (_, n) => ({ 'x-a': 'a'.repeat(n), 'x-b': `${n % 3}`.repeat(30), [`x-${n}`]: '~^' })),
  )
  const seen = { fields: 0, refused: 0 }
  for (let round = 0; round < 2_000; round++) {
    const decoder = new HeaderDecoder()
    const noise = Array.from({ length: 4 }, () => Buffer.from(Array.from({ length: random() * 60 }, byte)))
    const changed = samples.slice(0, 4).map(({ bytes }) => {
      const copy = Buffer.from(bytes)
      copy[Math.floor(random() * copy.length)] = byte()
      return copy
    })
    for (const block of round % 2 ? noise : changed) {
      const found = outcome(decoder, block)
      if (Array.isArray(found)) {
        seen.fields++
        for (const [name, value] of found) assert.deepEqual([typeof name, typeof value], ['string', 'string'])
      } else {
        seen.refused++
        assert.equal(found, ErrorCode.CompressionError)
      }
    }
  }
  assert.ok(seen.fields > 1_000 && seen.refused > 1_000, `too one-sided to say anything: ${JSON.stringify(seen)}`)
})
