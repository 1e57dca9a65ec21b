import assert from 'node:assert/strict'
import { once } from 'node:events'
import { constants } from 'node:http2'
import { test } from 'node:test'
import { Flag, FrameType, frame, PREFACE, Setting, settingsFrame } from '../../../base/http2/frame.ts'
import { encodeHeaders } from '../../../base/http2/header-encoder.ts'
import { ErrorCode } from '../../../base/http2/http2-error.ts'
import { settle, settleUntil } from '../../../testing/fake-clock.ts'
import { answerOf, ask, exchanging, noise } from '../../../testing/http2-requests.ts'
import { serveHttp2 } from '../../../testing/http2-served.ts'
import { ClientGone, type Exchange, type ResponseStream } from '../exchange.ts'

const MB = 1024 * 1024
/** What a stream may send before it is read. */
const STREAM_WINDOW = 256 * 1024

/** Answers with what was asked. */
async function echo(exchange: Exchange): Promise<void> {
  const body = await exchange.body(10 * MB)
  exchange.respond(200, { method: exchange.method, url: exchange.url, bytes: body.length }, body)
}

test('a GET is answered with its status, fields, length, date and body', async () => {
  await using served = await serveHttp2(echo)
  const { status, headers, body, code } = await ask(served.node(), { headers: { ':path': '/a?b=c' } })
  const { date, ...fields } = Object.fromEntries(Object.entries(headers))
  assert.deepEqual(
    [status, fields, body.toString(), code],
    [200, { ':status': 200, method: 'GET', url: '/a?b=c', bytes: '0', 'content-length': '0' }, '', 0],
  )
  assert.match(`${date}`, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
})

for (const bytes of [1, 16_384, 16_385, STREAM_WINDOW, STREAM_WINDOW + 4, 8 * MB]) {
  test(`a body of ${bytes} bytes goes there and back`, async () => {
    await using served = await serveHttp2(echo)
    const sent = bytes % 4 === 0 ? noise(bytes) : Buffer.alloc(bytes, 'x')
    const { headers, body } = await ask(served.node(), { headers: { ':method': 'POST' }, body: sent })
    assert.deepEqual([headers.method, headers.bytes, body.equals(sent)], ['POST', `${bytes}`, true])
  })
}

test('a body may come in many pieces, with its length or without, and with trailers', async () => {
  await using served = await serveHttp2(echo)
  const session = served.node()
  const answers = [{}, { 'content-length': 4_000 }].map(async (headers) => {
    const stream = session.request({ ':method': 'PUT', ...headers }, { waitForTrailers: true, endStream: false })
    stream.on('wantTrailers', () => stream.sendTrailers({ checksum: 'x' }))
    const answer = answerOf(stream)
    for (let n = 0; n < 1_000; n++) {
      stream.write(`${n}`.padStart(4))
      if (n % 100 === 0) await settle(1)
    }
    stream.end()
    return (await answer).body.toString()
  })
  const expected = Array.from({ length: 1_000 }, (_, n) => `${n}`.padStart(4)).join('')
  assert.deepEqual(await Promise.all(answers), [expected, expected])
})

for (const [what, headers, status] of [
  ['HEAD', { ':method': 'HEAD' }, 200],
  ['204', {}, 204],
  ['304', {}, 304],
] as const) {
  for (const way of ['respond', 'stream'] as const) {
    test(`an answer to or with ${what} has no body, given by ${way}, and the next goes on`, async () => {
      await using served = await serveHttp2((exchange) => {
        const body = status === 204 ? '' : 'text'
        if (way === 'respond') return exchange.respond(status, {}, body)
        const stream = exchange.stream(status, {})
        stream.write(body)
        stream.end()
      })
      const session = served.node()
      const answers = [await ask(session, { headers }), await ask(session, { headers })]
      const seen = answers.map((answer) => [answer.status, answer.body.length, answer.code])
      assert.deepEqual(seen, [
        [status, 0, 0],
        [status, 0, 0],
      ])
    })
  }
}

for (const [what, settings] of [
  ['64 KB', {}],
  ['nearly nothing', { initialWindowSize: 1_000 }],
  ['2 GB', { initialWindowSize: 2 ** 31 - 1 }],
  ['1 MB, and larger frames', { initialWindowSize: MB, maxFrameSize: 2 ** 20 }],
] as const) {
  test(`an answer of 5 MB comes whole to a client with a window of ${what}`, async () => {
    const large = noise(5 * MB)
    await using served = await serveHttp2((exchange) => exchange.respond(200, {}, large))
    const { body, headers } = await ask(served.node({ settings }))
    assert.deepEqual([body.equals(large), headers['content-length']], [true, `${large.length}`])
  })
}

test('200 streams at once each get their answer', async () => {
  await using served = await serveHttp2(async (exchange) => {
    await settle(Number(exchange.url.slice(1)) % 7)
    await echo(exchange)
  })
  const session = served.node()
  const bodies = Array.from({ length: 200 }, (_, n) => noise(n * 200))
  const answers = await Promise.all(
    bodies.map((body, n) => ask(session, { headers: { ':method': 'POST', ':path': `/${n}` }, body })),
  )
  assert.deepEqual(
    answers.map(({ headers, body }, n) => [headers.url, body.equals(bodies[n]!)]),
    bodies.map((_, n) => [`/${n}`, true]),
  )
})

test('large answers share a connection: a small one does not wait for their end', async () => {
  const large = Buffer.alloc(8 * MB)
  await using served = await serveHttp2((exchange) => exchange.respond(200, {}, exchange.url === '/' ? large : 'small'))
  const session = served.node({ settings: { initialWindowSize: 16 * MB } })
  await once(session, 'remoteSettings')
  session.setLocalWindowSize(64 * MB)
  const ended: string[] = []
  const all = ['/', '/', '/small'].map((path) =>
    ask(session, { headers: { ':path': path } }).then(() => ended.push(path)),
  )
  await Promise.all(all)
  assert.deepEqual(ended, ['/small', '/', '/'])
})

test('two fields of a name, and more fields than a frame holds, come whole', async () => {
  const long = Array.from({ length: 4 }, (_, n) => `${n}`.repeat(12_000))
  await using served = await serveHttp2((exchange) =>
    exchange.respond(200, { warning: ['a', 'b'], 'set-cookie': ['c=1', 'd=2'], long: long[0]!, longer: long }, 'x'),
  )
  const { headers, body } = await ask(
    served.node({ maxHeaderListPairs: 100, settings: { maxHeaderListSize: 100_000 } }),
  )
  assert.deepEqual(
    [headers.warning, headers['set-cookie'], headers.long, headers.longer, `${body}`],
    ['a, b', ['c=1', 'd=2'], long[0], long.join(', '), 'x'],
  )
})

test('fields of a request that fill several frames, and come again and again, are read', async () => {
  await using served = await serveHttp2((exchange) => exchange.respond(200, { seen: exchange.headers['x-long']! }, ''))
  const session = served.node()
  for (const digit of '1231') {
    const value = digit.repeat(20_000)
    const { headers } = await ask(session, { headers: { 'x-long': value, 'x-small': 'y', cookie: ['a=1', 'b=2'] } })
    assert.equal(headers.seen, value)
  }
})

for (const headerTableSize of [0, 100, 65_536]) {
  test(`a client whose table of fields has ${headerTableSize} bytes reads the answers`, async () => {
    await using served = await serveHttp2(echo)
    const session = served.node({ settings: { headerTableSize } })
    const first = await ask(session)
    await new Promise<void>((acknowledged) => session.settings({ headerTableSize: 50 }, () => acknowledged()))
    assert.deepEqual([first.status, (await ask(session)).status], [200, 200])
  })
}

test('what a request says is given to its exchange', async () => {
  const fields = { ':method': 'PATCH', ':path': '/x?y', ':authority': 'me:1', accept: ['a', 'b'] }
  await using pair = await exchanging({ headers: fields, body: 'text' })
  const { method, url, headers, hasBody, isAnswered } = pair.exchange
  assert.deepEqual(
    [method, url, headers, hasBody, isAnswered],
    ['PATCH', '/x?y', { host: 'me:1', accept: 'a, b' }, true, false],
  )
})

test('an answer piece by piece comes as it is written, and ends when it is ended', async () => {
  await using pair = await exchanging()
  const answer = pair.exchange.stream(200, { 'x-a': 'b' })
  const [headers] = await once(pair.stream, 'response')
  const pieces: string[] = []
  for (const piece of ['one', 'two']) {
    answer.write(piece)
    pieces.push(`${(await once(pair.stream, 'data'))[0]}`)
  }
  const sent = await answer.send(Buffer.from('three'))
  pieces.push(`${(await once(pair.stream, 'data'))[0]}`)
  answer.end()
  answer.write('too late')
  const late = await answer.send(Buffer.from('too late'))
  await once(pair.stream, 'end')
  assert.deepEqual([headers['x-a'], pieces, sent, late], ['b', ['one', 'two', 'three'], true, false])
})

test('the bytes of a piece that was sent may be written over', async () => {
  await using pair = await exchanging()
  const answer = pair.exchange.stream(200, {})
  const received = answerOf(pair.stream)
  const memory = Buffer.alloc(30_000)
  for (let n = 0; n < 50; n++) await answer.send(memory.fill(n))
  memory.fill('x')
  answer.end()
  const expected = Buffer.concat(Array.from({ length: 50 }, (_, n) => Buffer.alloc(30_000, n)))
  assert.ok((await received).body.equals(expected))
})

test('what a client does not read is pending, and drained when it has been taken', async () => {
  await using pair = await exchanging()
  const answer = pair.exchange.stream(200, {})
  await once(pair.stream, 'response')
  const before = [answer.pendingBytes()]
  answer.write(Buffer.alloc(65_535))
  await settle(20)
  before.push(answer.pendingBytes())
  answer.write(Buffer.alloc(100_000))
  let isDrained = false
  const drained = answer.drained().then(() => (isDrained = true))
  let isSent = false
  const sent = answer.send(Buffer.alloc(10)).then((went) => (isSent = went))
  await settle(20)
  before.push(answer.pendingBytes())
  assert.deepEqual([before, isDrained, isSent], [[0, 0, 100_010], false, false])
  pair.stream.resume()
  await Promise.all([drained, sent])
  assert.deepEqual([answer.pendingBytes(), isDrained, isSent], [0, true, true])
})

test('a client that resets its request: signal, watchers and senders hear of it', async () => {
  await using pair = await exchanging()
  const { exchange, stream, session } = pair
  const told: string[] = []
  exchange.signal.addEventListener('abort', () => told.push('signal'))
  const answer = exchange.stream(200, {})
  answer.whenGone(() => told.push('gone'))
  await once(stream, 'response')
  answer.write(Buffer.alloc(MB))
  const sent = answer.send(Buffer.alloc(10))
  const drained = answer.drained()
  stream.close(constants.NGHTTP2_CANCEL)
  const went = await sent
  await drained
  answer.whenGone(() => told.push('gone at once'))
  answer.write('into nothing')
  answer.end()
  assert.deepEqual(
    [told, went, await answer.send(Buffer.alloc(1)), answer.pendingBytes(), exchange.signal.aborted],
    [['signal', 'gone', 'gone at once'], false, false, 0, true],
  )
  assert.equal((await ask(session, { headers: { ':path': '/ok' } })).status, 200)
})

test('a client whose connection breaks is gone as well', async () => {
  await using pair = await exchanging()
  const gone = once(pair.exchange.signal, 'abort')
  pair.session.destroy()
  await gone
  await assert.rejects(async () => pair.exchange.body(100), ClientGone)
})

test('nobody is told that a client has gone whose answer was complete', async () => {
  await using pair = await exchanging()
  let isGone = false
  const { signal } = pair.exchange
  const answer = pair.exchange.stream(200, {})
  answer.whenGone(() => (isGone = true))
  answer.write('x')
  answer.end()
  await answerOf(pair.stream)
  pair.session.destroy()
  await once(pair.served.sockets[0]!, 'close')
  assert.deepEqual([isGone, signal.aborted], [false, false])
})

test('a request that is answered early may still end by itself; what it sends is taken, and its stream is over', async () => {
  await using served = await serveHttp2((exchange) => exchange.respond(200, {}, 'early'))
  const session = served.node()
  const stream = session.request({ ':method': 'POST' }, { endStream: false })
  const received = answerOf(stream)
  await once(stream, 'response')
  stream.write(Buffer.alloc(600_000))
  stream.end()
  const { status, body, code } = await received
  assert.deepEqual([status, `${body}`, code], [200, 'early', ErrorCode.NoError])
  session.close()
  await once(session, 'close')
  assert.deepEqual(served.faults, [])
})

test('an answer that is broken off is an error for the client', async () => {
  await using pair = await exchanging()
  const answer = pair.exchange.stream(200, {})
  answer.write('half')
  const received = answerOf(pair.stream)
  await once(pair.stream, 'response')
  answer.destroy()
  assert.equal((await received).code, ErrorCode.InternalError)
  assert.equal((await ask(pair.session, { headers: { ':path': '/ok' } })).status, 200)
})

test('a connection begins with its settings and a large window, and acknowledges those of the client', async () => {
  await using served = await serveHttp2(() => {})
  const peer = await served.raw()
  await peer.taken()
  assert.deepEqual(
    peer.frames.map(({ type, flags, stream, payload }) => [type, flags, stream, payload.toString('hex')]),
    [
      [FrameType.Settings, 0, 0, '0003000003e8000400040000000600010000'],
      [FrameType.WindowUpdate, 0, 0, (4 * MB - 65_535).toString(16).padStart(8, '0')],
      [FrameType.Settings, Flag.Ack, 0, ''],
    ],
  )
})

test('answers that are given in one turn are one write', async (t) => {
  const exchanges: Exchange[] = []
  await using served = await serveHttp2((exchange) => void exchanges.push(exchange))
  const session = served.node()
  const answers = Array.from({ length: 20 }, () => ask(session))
  await settleUntil(() => exchanges.length === 20)
  await settle()
  t.mock.method(performance, 'now', () => 0) // a turn that takes long would be cut
  const write = t.mock.method(served.sockets[0]!, 'write')
  for (const exchange of exchanges) exchange.respond(200, {}, 'x'.repeat(500))
  await Promise.all(answers)
  assert.equal(write.mock.callCount(), 1)
})

test('an answer is given once: another is not sent', async () => {
  await using pair = await exchanging()
  const received = answerOf(pair.stream)
  pair.exchange.respond(200, {}, 'first')
  pair.exchange.respond(500, {}, 'second')
  const { status, body } = await received
  assert.deepEqual([status, `${body}`, pair.exchange.isAnswered], [200, 'first', true])
})

test('a value that no field can hold is an error of who answers, and another answer may be given', async () => {
  await using pair = await exchanging()
  const received = answerOf(pair.stream)
  assert.throws(() => pair.exchange.respond(200, { 'x-a': 'a\nb' }, 'x'), TypeError)
  assert.equal(pair.exchange.isAnswered, false)
  pair.exchange.respond(500, {}, 'x')
  assert.equal((await received).status, 500)
})

test('many answers to a client that does not read are held in bounds: it may ask nothing more', async () => {
  const large = Buffer.alloc(8 * MB)
  const answers: ResponseStream[] = []
  await using served = await serveHttp2((exchange) => {
    const stream = exchange.stream(200, {})
    stream.write(large)
    answers.push(stream)
  })
  const peer = await served.raw(Buffer.concat([PREFACE, settingsFrame([[Setting.InitialWindowSize, 0]])]))
  const block = encodeHeaders({ ':method': 'GET', ':scheme': 'http', ':path': '/' })
  for (let n = 0; n < 20; n++) peer.send(frame(FrameType.Headers, Flag.EndHeaders | Flag.EndStream, 2 * n + 1, block))
  await peer.taken()
  const refused = peer.frames.filter(({ type }) => type === FrameType.RstStream)
  assert.deepEqual(
    [answers.length, refused.map(({ payload }) => payload.readUInt32BE())],
    [9, Array.from({ length: 11 }, () => ErrorCode.RefusedStream)],
  )
})
