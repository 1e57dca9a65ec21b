import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerHttp2Stream } from 'node:http2'
import { test } from 'node:test'
import { settleUntil } from '../../../testing/fake-clock.ts'
import { http2Server, Recorder } from '../../../testing/http2-peer.ts'
import { encodeHeaders } from '../header-encoder.ts'
import { ErrorCode } from '../http2-error.ts'
import type { Http2Connection } from './http2-connection.ts'

const MIB = 1024 * 1024

const head = (path = '/') => encodeHeaders({ ':method': 'POST', ':scheme': 'http', ':path': path, ':authority': 'x' })
const NOTHING = Buffer.alloc(0)

/** Sends a request and resolves at the end of its answer. */
function ask(connection: Http2Connection, body: Buffer = NOTHING, path?: string): Promise<Recorder> {
  const answer = new Recorder()
  connection.request(head(path), answer).send(body, true)
  return answer.over
}

/** Bytes among which a piece that is missing, comes twice or in another order is found. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(at * 7, at)
  return bytes
}

function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200 })
  stream.pipe(stream)
}

function trailed(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'text/plain' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.end('an answer')
}

test('an answer has a header, data and trailers', async () => {
  await using server = await http2Server(trailed)
  const { headers, text, failure } = await ask(await server.open())
  const [first, last] = headers
  assert.deepEqual([first?.[':status'], first?.['content-type'], text], ['200', 'text/plain', 'an answer'])
  assert.deepEqual([last, failure], [{ 'grpc-status': '0' }, undefined])
})

test('what is sent bit by bit is one body', async () => {
  await using server = await http2Server(echo)
  const answer = new Recorder()
  const stream = (await server.open()).request(head(), answer)
  for (const piece of ['one ', '', 'two ']) stream.send(Buffer.from(piece), false)
  await settleUntil(() => answer.bytes === 8)
  stream.send(Buffer.from('three'), true)
  assert.equal((await answer.over).text, 'one two three')
})

test('what is sent bit by bit while the window is closed is one body too', async () => {
  await using server = await http2Server(echo, { settings: { initialWindowSize: 3 } })
  const answer = new Recorder()
  const stream = (await server.open()).request(head(), answer)
  for (const piece of ['one ', '', 'two ', 'three']) stream.send(Buffer.from(piece), piece === 'three')
  assert.equal((await answer.over).text, 'one two three')
})

for (const [what, sizes] of [
  ['are small', [1_000]],
  ['are raised while bodies are under way', [1_000, 200_000]],
  ['are lowered while bodies are under way', [200_000, 10, 5_000]],
  ['are closed and opened again', [1_000, 0, 65_535]],
] as const) {
  test(`large bodies arrive at a server whose windows ${what}`, async () => {
    await using server = await http2Server(echo, { settings: { initialWindowSize: sizes[0] } })
    const connection = await server.open()
    const body = pattern(400_000)
    const answers = [1, 2, 3].map(() => ask(connection, body))
    await settleUntil(() => server.sessions.size === 1)
    for (const initialWindowSize of sizes.slice(1))
      for (const session of server.sessions) session.settings({ initialWindowSize })
    for (const answer of await Promise.all(answers)) {
      assert.ok(Buffer.concat(answer.pieces).equals(body))
      assert.equal(answer.failure, undefined)
    }
  })
}

for (const streams of [1, 4]) {
  test(`answers of 32 MiB together arrive whole, over ${streams} at once`, async () => {
    const body = pattern((32 * MIB) / streams)
    await using server = await http2Server(
      (stream) => {
        stream.respond({ ':status': 200 })
        stream.end(body)
      },
      { maxSessionMemory: 100 },
    )
    const connection = await server.open()
    const answers = await Promise.all(Array.from({ length: streams }, () => ask(connection)))
    for (const { pieces } of answers) assert.ok(Buffer.concat(pieces).equals(body))
  })
}

test('a thousand requests at once get each its own answer', async () => {
  await using server = await http2Server(echo)
  const connection = await server.open()
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => ask(connection, Buffer.from(`number ${n}`))),
  )
  assert.deepEqual(
    answers.map(({ text }) => text),
    Array.from({ length: 1_000 }, (_, n) => `number ${n}`),
  )
})

test('no more requests are open than the server allows; the others follow in order', async () => {
  const seen: string[] = []
  let [open, most] = [0, 0]
  await using server = await http2Server(
    (stream, headers) => {
      seen.push(headers[':path']!)
      most = Math.max(most, ++open)
      stream.on('close', () => open--)
      setImmediate(echo, stream)
    },
    { settings: { maxConcurrentStreams: 3 } },
  )
  const connection = await server.open()
  const paths = Array.from({ length: 40 }, (_, n) => `/${n}`)
  const answers = await Promise.all(paths.map((path) => ask(connection, Buffer.from(path), path)))
  assert.deepEqual(
    answers.map(({ text }) => text),
    paths,
  )
  assert.deepEqual(seen, paths)
  assert.ok(most <= 3, `${most} were open`)
})

test('an answer that ends before its request was sent whole is an answer; the rest is not sent', async () => {
  await using server = await http2Server(
    (stream, headers) => {
      if (headers[':path'] === '/echo') return echo(stream)
      stream.respond({ ':status': 413 }, { endStream: true })
    },
    { settings: { initialWindowSize: 1_000 } },
  )
  const connection = await server.open()
  const answer = await ask(connection, pattern(10_000))
  assert.deepEqual([answer.headers[0]?.[':status'], answer.failure], ['413', undefined])
  assert.equal((await ask(connection, Buffer.from('next'), '/echo')).text, 'next')
})

test('the server sees that a request is cancelled, nothing more is told, and the next answer is right', async () => {
  const cancelled = Promise.withResolvers<number>()
  await using server = await http2Server((stream, headers) => {
    if (headers[':path'] === '/next') return trailed(stream)
    stream.on('close', () => cancelled.resolve(stream.rstCode))
    stream.respond({ ':status': 200, 'x-long': 'x'.repeat(1_000) })
    stream.write(pattern(MIB))
  })
  const connection = await server.open()
  const answer = new Recorder()
  const stream = connection.request(head(), answer)
  await settleUntil(() => answer.bytes > 0)
  stream.cancel(ErrorCode.Cancel)
  const taken = answer.bytes
  assert.equal(await cancelled.promise, ErrorCode.Cancel)
  const next = await ask(connection, NOTHING, '/next')
  assert.deepEqual([next.text, next.headers[1]], ['an answer', { 'grpc-status': '0' }])
  assert.deepEqual([answer.bytes, answer.isOver], [taken, false])
})

test('cancelled answers do not use up the connection', async () => {
  await using server = await http2Server((stream, headers) => {
    if (headers[':path'] === '/next') return trailed(stream)
    stream.respond({ ':status': 200 })
    stream.end(pattern(3 * MIB))
  })
  const connection = await server.open()
  for (let round = 0; round < 12; round++) {
    const answer = new Recorder({ isPaced: true })
    const stream = connection.request(head(), answer)
    await settleUntil(() => answer.bytes > MIB)
    stream.cancel(ErrorCode.Cancel)
  }
  assert.equal((await ask(connection, NOTHING, '/next')).text, 'an answer')
})

test('a server that closes gives the answers it owes; then the connection is over', async () => {
  const streams: ServerHttp2Stream[] = []
  await using server = await http2Server((stream) => streams.push(stream))
  const connection = await server.open()
  const answers = [ask(connection), ask(connection)]
  await settleUntil(() => streams.length === 2)
  for (const session of server.sessions) session.close()
  await settleUntil(() => !connection.isUsable)
  for (const stream of streams) trailed(stream)
  for (const { text, failure } of await Promise.all(answers))
    assert.deepEqual([text, failure], ['an answer', undefined])
  assert.match((await connection.closed).message, /the peer closes the connection with code 0/)
})

test('a closed connection says so to the server and to whoever waits', async () => {
  const farewell = Promise.withResolvers<number>()
  await using server = await http2Server((stream) => stream.session!.once('goaway', (code) => farewell.resolve(code)), {
    settings: { maxConcurrentStreams: 1 },
  })
  const connection = await server.open()
  const [open, waiting] = [ask(connection), ask(connection)]
  await settleUntil(() => server.sessions.size === 1)
  await once([...server.sessions][0]!, 'stream')
  connection.close()
  assert.deepEqual(
    [(await open).failure?.isUnprocessed, (await waiting).failure?.isUnprocessed, connection.isUsable],
    [false, true, false],
  )
  assert.equal(await farewell.promise, ErrorCode.NoError)
  assert.match((await connection.closed).message, /closed/)
})
