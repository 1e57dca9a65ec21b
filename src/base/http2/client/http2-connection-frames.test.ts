import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FakeClock, settle, settleUntil } from '../../../testing/fake-clock.ts'
import { type RawPair, type RawPairOptions, Recorder, rawPair } from '../../../testing/http2-peer.ts'
import { Flag, FrameType, frame, MAX_FRAME_BYTES, numberFrame, Setting, settingsFrame } from '../frame.ts'
import { encodeHeaders } from '../header-encoder.ts'
import { ErrorCode } from '../http2-error.ts'
import type { Http2Connection } from './http2-connection.ts'
import type { Stream } from './stream.ts'

const HEAD = encodeHeaders({ ':method': 'POST', ':scheme': 'http', ':path': '/', ':authority': 'x' })
const OK = encodeHeaders({ ':status': '200' })
const NOTHING = Buffer.alloc(0)

async function setup(options?: RawPairOptions): Promise<RawPair & { connection: Http2Connection }> {
  const pair = await rawPair(options)
  try {
    return Object.assign(pair, { connection: await pair.opened })
  } catch (error) {
    await pair[Symbol.asyncDispose]()
    throw error
  }
}

function begin(connection: Http2Connection, answer = new Recorder()): { stream: Stream; answer: Recorder } {
  return { stream: connection.request(HEAD, answer), answer }
}

/** A request without a body. */
function ask(connection: Http2Connection): Recorder {
  const { stream, answer } = begin(connection)
  stream.send(NOTHING, true)
  return answer
}

const header = (stream: number, flags = 0, block = OK) =>
  frame(FrameType.Headers, Flag.EndHeaders | flags, stream, block)
const data = (stream: number, text: string, flags = 0) => frame(FrameType.Data, flags, stream, Buffer.from(text))
const whole = (stream: number, text: string) => Buffer.concat([header(stream), data(stream, text, Flag.EndStream)])

function goAway(last: number, code = ErrorCode.NoError as ErrorCode, text = ''): Buffer {
  const payload = Buffer.alloc(8)
  payload.writeUInt32BE(last, 0)
  payload.writeUInt32BE(code, 4)
  return frame(FrameType.GoAway, 0, 0, Buffer.concat([payload, Buffer.from(text)]))
}

/** Everything that was sent before has been taken in when the ping is answered. */
async function taken({ peer }: RawPair): Promise<void> {
  peer.send(frame(FrameType.Ping, 0, 0, Buffer.from('all seen')))
  await peer.next(FrameType.Ping, ({ flags, payload }) => flags === Flag.Ack && payload.toString() === 'all seen')
}

test('a connection begins with settings and a large window, and acknowledges the settings of the peer', async () => {
  await using pair = await setup()
  const settings = await pair.peer.next(FrameType.Settings)
  assert.equal(settings?.payload.toString('hex'), '000200000000000400400000')
  assert.equal((await pair.peer.next(FrameType.WindowUpdate))?.payload.readUInt32BE(), 16 * 1024 * 1024 - 65_535)
  assert.deepEqual(await ackOf(pair), [Flag.Ack, 0])
  pair.peer.send(settingsFrame([[0xfa, 7]]))
  assert.deepEqual(await ackOf(pair), [Flag.Ack, 0])
})

async function ackOf({ peer }: RawPair): Promise<number[]> {
  const ack = await peer.next(FrameType.Settings)
  return [ack!.flags, ack!.payload.length]
}

test('settings are acknowledged before what they let through is sent', async () => {
  await using pair = await setup({ greeting: settingsFrame([[Setting.InitialWindowSize, 0]]) })
  const { stream } = begin(pair.connection)
  stream.send(Buffer.from('body'), true)
  await taken(pair)
  pair.peer.frames.length = 0
  pair.peer.send(settingsFrame([[Setting.InitialWindowSize, 10]]))
  await settleUntil(() => pair.peer.frames.length === 2)
  assert.deepEqual(
    pair.peer.frames.map(({ type }) => type),
    [FrameType.Settings, FrameType.Data],
  )
})

test('a ping is answered with its bytes', async () => {
  await using pair = await setup()
  pair.peer.send(frame(FrameType.Ping, 0, 0, Buffer.from('12345678')))
  const answer = await pair.peer.next(FrameType.Ping)
  assert.deepEqual([answer?.flags, answer?.payload.toString()], [Flag.Ack, '12345678'])
})

test('what is sent in one turn is one write', async (t) => {
  await using pair = await setup()
  await settle()
  const write = t.mock.method(pair.socket, 'write')
  for (let n = 0; n < 10; n++) begin(pair.connection).stream.send(Buffer.alloc(100), true)
  await pair.peer.next(FrameType.Data, ({ stream }) => stream === 19)
  assert.equal(write.mock.callCount(), 1)
})

test('padding, continuations, priorities and frames that nobody knows do not change an answer', async () => {
  await using pair = await setup()
  const answer = ask(pair.connection)
  const block = encodeHeaders({ ':status': '200', 'x-a': 'one', 'x-b': 'two' })
  const trailer = Buffer.concat([Buffer.of(3), Buffer.alloc(5), encodeHeaders({ end: 'yes' }), Buffer.alloc(3)])
  pair.peer.send(
    frame(0xee as FrameType, 0xff, 0, Buffer.from('whatever')),
    frame(0xee as FrameType, 0, 77, NOTHING),
    frame(FrameType.Priority, 0, 1, Buffer.alloc(5)),
    frame(FrameType.Headers, 0, 1, block.subarray(0, 3)),
    frame(FrameType.Continuation, 0, 1, NOTHING),
    frame(FrameType.Continuation, 0, 1, block.subarray(3, 9)),
    frame(FrameType.Continuation, Flag.EndHeaders, 1, block.subarray(9)),
    frame(FrameType.Data, Flag.Padded, 1, Buffer.from('\x04text\0\0\0\0')),
    frame(FrameType.Data, Flag.Padded, 1, Buffer.from('\x03\0\0\0')),
    data(1, '', 0),
    frame(FrameType.Data, Flag.Padded, 1, Buffer.from('\0 and more')),
    header(1, Flag.EndStream | Flag.Padded | Flag.Priority, trailer),
  )
  const { headers, text, failure } = await answer.over
  assert.deepEqual(
    [headers, text],
    [[{ ':status': '200', 'x-a': 'one', 'x-b': 'two' }, { end: 'yes' }], 'text and more'],
  )
  assert.equal(failure, undefined)
})

test('a header of 64 KiB is read', async () => {
  await using pair = await setup()
  const answer = ask(pair.connection)
  const block = encodeHeaders(
    Object.fromEntries([':status', 'x-1', 'x-2', 'x-3'].map((name) => [name, '7'.repeat(16_300)])),
  )
  const pieces = Array.from({ length: 4 }, (_, n) => block.subarray(n * MAX_FRAME_BYTES, (n + 1) * MAX_FRAME_BYTES))
  pair.peer.send(
    frame(FrameType.Headers, Flag.EndStream, 1, pieces[0]!),
    ...pieces.slice(1).map((piece, n) => frame(FrameType.Continuation, n === 2 ? Flag.EndHeaders : 0, 1, piece)),
  )
  assert.equal((await answer.over).headers[0]?.['x-3'], '7'.repeat(16_300))
})

for (const [code, isUnprocessed] of [
  [ErrorCode.RefusedStream, true],
  [ErrorCode.Cancel, false],
  [ErrorCode.InternalError, false],
  [ErrorCode.NoError, false],
  [99, false],
] as const) {
  test(`a reset with code ${code} says that the request ${isUnprocessed ? 'was not' : 'may have been'} looked at`, async () => {
    await using pair = await setup()
    const [first, second] = [ask(pair.connection), ask(pair.connection)]
    pair.peer.send(
      numberFrame(FrameType.RstStream, 1, code),
      data(1, 'late'),
      header(1, Flag.EndStream),
      whole(3, 'other'),
    )
    assert.deepEqual((await first.over).failure, { why: `the request was reset with code ${code}`, isUnprocessed })
    assert.equal((await second.over).text, 'other')
    assert.ok(pair.connection.isUsable)
  })
}

for (const [what, cut] of [
  ['reset', (pair: RawPair) => pair.peer.socket.resetAndDestroy()],
  ['ended', (pair: RawPair) => pair.peer.socket.end()],
  ['closed at our end', (pair: RawPair) => pair.socket.destroy()],
] as const) {
  test(`a connection that is ${what}: open requests may have been looked at, those that waited were not`, async () => {
    await using pair = await setup({ greeting: settingsFrame([[Setting.MaxConcurrentStreams, 2]]) })
    const answers = [1, 2, 3, 4].map(() => ask(pair.connection))
    await pair.peer.next(FrameType.Data, ({ stream }) => stream === 3)
    cut(pair)
    const failures = await Promise.all(answers.map(async ({ over }) => (await over).failure?.isUnprocessed))
    assert.deepEqual([failures, pair.connection.isUsable], [[false, false, true, true], false])
    assert.ok((await pair.connection.closed) instanceof Error)
  })
}

test('a farewell: requests beyond its last are unprocessed, the others get their answers, then the connection is over', async () => {
  await using pair = await setup({ greeting: settingsFrame([[Setting.MaxConcurrentStreams, 3]]) })
  const [first, second, third, waiting] = [1, 2, 3, 4].map(() => ask(pair.connection)) as [
    Recorder,
    Recorder,
    Recorder,
    Recorder,
  ]
  pair.peer.send(goAway(3, ErrorCode.EnhanceYourCalm, 'too_many_pings'))
  const why = 'the peer closes the connection with code 11 (too_many_pings)'
  for (const { over } of [third, waiting]) assert.deepEqual((await over).failure, { why, isUnprocessed: true })
  assert.deepEqual([pair.connection.isUsable, first.isOver, second.isOver], [false, false, false])
  pair.peer.send(whole(3, 'second'), whole(1, 'first'))
  assert.deepEqual([(await first.over).text, (await second.over).text], ['first', 'second'])
  assert.equal((await pair.connection.closed).message, why)
  await pair.peer.closed
})

test('a farewell in two steps: the second says which requests are unprocessed', async () => {
  await using pair = await setup()
  const [first, second] = [ask(pair.connection), ask(pair.connection)]
  pair.peer.send(goAway(2 ** 31 - 1))
  await taken(pair)
  assert.deepEqual([pair.connection.isUsable, first.isOver, second.isOver], [false, false, false])
  pair.peer.send(goAway(1), whole(1, 'first'))
  assert.deepEqual([(await first.over).text, (await second.over).failure?.isUnprocessed], ['first', true])
  await pair.connection.closed
})

test('a farewell while nobody waits ends the connection', async () => {
  await using pair = await setup()
  pair.peer.send(goAway(0))
  assert.match((await pair.connection.closed).message, /with code 0$/)
  await pair.peer.closed
})

test('an answer that ends early: the rest of its request is called off', async () => {
  await using pair = await setup({ greeting: settingsFrame([[Setting.InitialWindowSize, 1_000_000]]) })
  const { stream, answer } = begin(pair.connection)
  stream.send(Buffer.alloc(100_000), true)
  pair.peer.send(whole(1, 'enough'))
  assert.equal((await answer.over).text, 'enough')
  assert.equal((await pair.peer.next(FrameType.RstStream))?.payload.readUInt32BE(), ErrorCode.Cancel)
  pair.peer.send(numberFrame(FrameType.WindowUpdate, 1, 1_000_000), numberFrame(FrameType.WindowUpdate, 0, 1_000_000))
  await taken(pair)
  const sent = pair.peer.frames.filter(({ type }) => type === FrameType.Data)
  assert.equal(
    sent.reduce((sum, { payload }) => sum + payload.length, 0),
    65_535,
  )
})

test('nothing is sent behind the end of a request, or when it is over', async () => {
  await using pair = await setup()
  const [ended, cancelled] = [begin(pair.connection).stream, begin(pair.connection).stream]
  ended.send(Buffer.from('all'), true)
  ended.send(Buffer.from('too late'), true)
  cancelled.cancel(ErrorCode.Cancel)
  cancelled.send(Buffer.from('too late'), true)
  await taken(pair)
  const sent = pair.peer.frames.filter(({ type }) => type === FrameType.Data)
  assert.deepEqual(
    sent.map(({ stream, payload }) => [stream, payload.toString()]),
    [[1, 'all']],
  )
})

test('frames of a cancelled request are ignored, but its header counts for the table of those that follow', async () => {
  await using pair = await setup()
  const { stream, answer } = begin(pair.connection)
  const next = ask(pair.connection)
  stream.cancel(ErrorCode.Cancel)
  stream.cancel(ErrorCode.Cancel)
  assert.equal((await pair.peer.next(FrameType.RstStream))?.payload.readUInt32BE(), ErrorCode.Cancel)
  const remembered = Buffer.concat([OK, Buffer.from('4003782d6103', 'hex'), Buffer.from('one')])
  pair.peer.send(
    header(1, 0, remembered),
    data(1, 'late'),
    numberFrame(FrameType.WindowUpdate, 1, 5),
    header(1, Flag.EndStream),
  )
  pair.peer.send(
    numberFrame(FrameType.RstStream, 1, 0),
    header(3, Flag.EndStream, Buffer.concat([OK, Buffer.of(0xbe)])),
  )
  assert.deepEqual((await next.over).headers, [{ ':status': '200', 'x-a': 'one' }])
  assert.deepEqual([answer.headers, answer.isOver], [[], false])
  await taken(pair)
  assert.ok(!pair.peer.frames.some(({ type }) => type === FrameType.RstStream))
})

test('a request that is cancelled while it waits is never sent, and the next one takes its turn', async () => {
  await using pair = await setup({ greeting: settingsFrame([[Setting.MaxConcurrentStreams, 1]]) })
  const first = ask(pair.connection)
  const { stream } = begin(pair.connection)
  const third = ask(pair.connection)
  stream.cancel(ErrorCode.Cancel)
  pair.peer.send(whole(1, 'first'))
  await first.over
  assert.equal((await pair.peer.next(FrameType.Headers, (received) => received.stream !== 1))?.stream, 3)
  pair.peer.send(whole(3, 'third'))
  assert.equal((await third.over).text, 'third')
})

test('a server that allows no requests is waited for', async () => {
  await using pair = await setup({ greeting: settingsFrame([[Setting.MaxConcurrentStreams, 0]]) })
  const answers = [ask(pair.connection), ask(pair.connection)]
  await taken(pair)
  assert.ok(!pair.peer.frames.some(({ type }) => type === FrameType.Headers))
  pair.peer.send(settingsFrame([[Setting.MaxConcurrentStreams, 1]]))
  for (const id of [1, 3]) {
    await pair.peer.next(FrameType.Headers, ({ stream }) => stream === id)
    pair.peer.send(whole(id, `${id}`))
  }
  assert.deepEqual([(await answers[0]!.over).text, (await answers[1]!.over).text], ['1', '3'])
})

test('the last number of a request ends the connection when all are answered', async () => {
  await using pair = await setup({
    firstStream: 2 ** 31 - 3,
    greeting: settingsFrame([[Setting.MaxConcurrentStreams, 1]]),
  })
  const [first, second, third] = [ask(pair.connection), ask(pair.connection), ask(pair.connection)]
  assert.ok(pair.connection.isUsable)
  pair.peer.send(whole(2 ** 31 - 3, 'first'))
  assert.equal((await first.over).text, 'first')
  assert.deepEqual((await third.over).failure?.isUnprocessed, true)
  assert.equal(pair.connection.isUsable, false)
  pair.peer.send(whole(2 ** 31 - 1, 'second'))
  assert.equal((await second.over).text, 'second')
  assert.match((await pair.connection.closed).message, /no more numbers/)
})

test('a peer that sets the size of its table is told once that it is not used', async () => {
  await using pair = await setup({ greeting: settingsFrame([[Setting.HeaderTableSize, 0]]) })
  for (let n = 0; n < 2; n++) ask(pair.connection)
  const blocks = [await pair.peer.next(FrameType.Headers), await pair.peer.next(FrameType.Headers)]
  assert.deepEqual(
    blocks.map((block) => block?.payload.toString('hex')),
    [`20${HEAD.toString('hex')}`, HEAD.toString('hex')],
  )
})

test('with paced data the peer may send on as it is consumed, and padding is nobody to wait for', async () => {
  await using pair = await setup()
  const { stream, answer } = begin(pair.connection, new Recorder({ isPaced: true }))
  pair.peer.send(
    header(1),
    data(1, 'x'.repeat(10_000)),
    frame(FrameType.Data, Flag.Padded, 1, Buffer.from('\x04text\0\0\0\0')),
  )
  await settleUntil(() => answer.bytes === 10_004)
  const credits = () => pair.peer.next(FrameType.WindowUpdate, ({ stream: id }) => id === 1)
  assert.equal((await credits())?.payload.readUInt32BE(), 5)
  stream.consumed(10_000)
  assert.equal((await credits())?.payload.readUInt32BE(), 10_000)
  pair.peer.send(data(1, 'end', Flag.EndStream))
  await answer.over
  stream.consumed(7)
  await taken(pair)
  assert.ok(!pair.peer.frames.some(({ type, stream: id }) => type === FrameType.WindowUpdate && id === 1))
})

test('a peer that is silent is asked after 10 s while a request is open; without an answer its requests fail', async () => {
  const clock = new FakeClock()
  await using pair = await setup({ clock })
  assert.equal(clock.pending, 0)
  const answer = ask(pair.connection)
  await pair.peer.next(FrameType.Headers)
  await clock.advance(10_000)
  const ping = await pair.peer.next(FrameType.Ping)
  assert.equal(ping?.flags, 0)
  pair.peer.send(frame(FrameType.Ping, Flag.Ack, 0, ping!.payload))
  await taken(pair)
  await clock.advance(10_000)
  assert.equal((await pair.peer.next(FrameType.Ping))?.flags, 0)
  assert.ok(pair.connection.isUsable)
  await clock.advance(5_000)
  const why = 'the connection does not answer any more'
  assert.deepEqual((await answer.over).failure, { why, isUnprocessed: false })
  assert.equal((await pair.connection.closed).message, why)
  await pair.peer.closed
  assert.equal(clock.pending, 0)
})

test('no timer goes on when the last request is over', async () => {
  const clock = new FakeClock()
  await using pair = await setup({ clock })
  const answer = ask(pair.connection)
  pair.peer.send(whole(1, 'text'))
  await answer.over
  await clock.advance(10_000)
  assert.equal(clock.pending, 0)
  await taken(pair)
  assert.ok(!pair.peer.frames.some(({ type, flags }) => type === FrameType.Ping && flags === 0))
})
