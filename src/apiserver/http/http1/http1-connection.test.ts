import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { silentLogger } from '../../../base/log.ts'
import { selfSigned } from '../../../testing/https-api.ts'
import type { Exchange } from '../exchange.ts'
import { HttpsServer } from '../https-server.ts'
import { SharedChunk } from '../shared-chunk.ts'
import { Http1Connection } from './http1-connection.ts'

type Handle = (exchange: Exchange) => Promise<void> | void

const echo: Handle = async (exchange) => {
  const body = await exchange.body(1_000_000)
  exchange.respond(200, { 'content-type': 'text/plain' }, `${exchange.method} ${exchange.url} ${body.length}\n`)
}

async function setup(handle: Handle = echo) {
  const server = new HttpsServer({
    host: '127.0.0.1',
    port: 0,
    tls: await selfSigned(),
    log: silentLogger,
    async handle(exchange) {
      await handle(exchange)
      return undefined
    },
    upgrade: async (_request, socket, head) => {
      if (head.length > 0) socket.unshift(head)
      await sleep(20) // who asks is found out first
      socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n')
      socket.pipe(socket)
    },
  })
  const { port } = await server.listen()
  const sockets: TLSSocket[] = []
  return {
    server,
    port,
    async open(): Promise<TLSSocket> {
      const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
      sockets.push(socket)
      socket.on('error', () => {})
      await once(socket, 'secureConnect')
      return socket
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await server.close()
    },
  }
}

/** What comes until it matches, or the connection ends. */
async function until(socket: TLSSocket, pattern: RegExp): Promise<string> {
  let text = ''
  return new Promise((resolve) => {
    const take = (bytes: Buffer) => {
      text += bytes.toString('latin1')
      if (pattern.test(text)) finish()
    }
    const finish = () => {
      socket.off('data', take)
      resolve(text)
    }
    socket.on('data', take)
    socket.once('close', finish)
  })
}

const withoutDate = (answer: string) => answer.replaceAll(/date: [^\r]+\r\n/g, '')
const get = (path: string, ...lines: string[]) =>
  `${[`GET ${path} HTTP/1.1`, 'Host: x', ...lines].join('\r\n')}\r\n\r\n`

test('an answer has status, date, its fields and its length', async () => {
  await using api = await setup()
  const socket = await api.open()
  socket.write(get('/a'))
  const answer = await until(socket, /\n$/)
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/)
  assert.equal(
    withoutDate(answer),
    'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nGET /a 0\n',
  )
})

test('a request may come byte by byte', async () => {
  await using api = await setup()
  const socket = await api.open()
  const answered = until(socket, /\n$/)
  for (const byte of 'POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc') {
    socket.write(byte)
    await sleep(1)
  }
  assert.match(await answered, /POST \/a 3\n$/)
})

test('requests that came together are answered one after the other, in order', async () => {
  let running = 0
  let most = 0
  await using api = await setup(async (exchange) => {
    most = Math.max(most, ++running)
    await sleep(exchange.url === '/1' ? 20 : 1)
    running--
    await echo(exchange)
  })
  const socket = await api.open()
  socket.write([1, 2, 3, 4].map((n) => get(`/${n}`)).join(''))
  const answers = await until(socket, /GET \/4 0\n$/)
  assert.deepEqual([answers.match(/GET \/\d 0/g), most], [['GET /1 0', 'GET /2 0', 'GET /3 0', 'GET /4 0'], 1])
})

test('a client that sends requests and takes no answers is not read any further', async () => {
  const big = Buffer.alloc(4 * 1024 * 1024, 'x')
  let begun = 0
  await using api = await setup((exchange) => {
    begun++
    exchange.respond(200, {}, big)
  })
  const socket = await api.open()
  socket.pause()
  socket.write(get('/').repeat(10_000))
  await sleep(300)
  assert.ok(begun < 20, `${begun} answers of 4 MiB were made`)
})

test('an answer to HEAD says how long it would be', async () => {
  await using api = await setup()
  const socket = await api.open()
  socket.write(`HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n${get('/b')}`)
  const answers = await until(socket, /GET \/b 0\n$/)
  assert.equal(
    withoutDate(answers).split('\r\n\r\n')[0],
    'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 10',
  )
  assert.doesNotMatch(answers, /HEAD/)
})

test('an answer piece by piece goes out in chunks, shared ones too, and the next request follows', async () => {
  await using api = await setup((exchange) => {
    if (exchange.url !== '/stream') return echo(exchange)
    const stream = exchange.stream(200, {})
    stream.write('one')
    stream.writeShared(new SharedChunk(Buffer.from('three')))
    stream.end()
  })
  const socket = await api.open()
  socket.write(get('/stream') + get('/b'))
  const answers = await until(socket, /GET \/b 0\n$/)
  assert.match(
    withoutDate(answers),
    /^HTTP\/1\.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n5\r\nthree\r\n0\r\n\r\nHTTP/,
  )
})

test('the head of an answer does not wait for its first piece', async () => {
  await using api = await setup((exchange) => void exchange.stream(200, {}))
  const socket = await api.open()
  socket.write(get('/'))
  assert.match(await until(socket, /\r\n\r\n/), /^HTTP\/1\.1 200 OK/)
})

test('an answer piece by piece of a known length has no chunks', async () => {
  await using api = await setup(async (exchange) => {
    const stream = exchange.stream(200, { 'content-length': 6 })
    assert.equal(await stream.send(Buffer.from('abc')), true)
    assert.equal(await stream.send(Buffer.from('def')), true)
    stream.end()
  })
  const socket = await api.open()
  socket.write(get('/'))
  assert.equal(withoutDate(await until(socket, /def$/)), 'HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabcdef')
})

test('a value that would begin another header is not written', async () => {
  const failed = Promise.withResolvers<unknown>()
  await using api = await setup((exchange) => {
    try {
      exchange.respond(200, { 'x-a': 'b\r\nset-cookie: c' }, '')
    } catch (error) {
      failed.resolve(error)
      exchange.respond(500, {}, 'no\n')
    }
  })
  const socket = await api.open()
  socket.write(get('/'))
  assert.doesNotMatch(await until(socket, /no\n$/), /cookie/)
  assert.ok((await failed.promise) instanceof TypeError)
})

test('the signal aborts when the client goes before its answer, and not after', async () => {
  const signals: AbortSignal[] = []
  const asked = Promise.withResolvers<void>()
  await using api = await setup(async (exchange) => {
    signals.push(exchange.signal)
    if (exchange.url === '/slow') asked.resolve()
    else await echo(exchange)
  })
  const socket = await api.open()
  socket.write(get('/fast') + get('/slow'))
  await asked.promise
  socket.destroy()
  for (let look = 0; look < 100 && !signals[1]?.aborted; look++) await sleep(5)
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, true],
  )
})

test('a client that asks for it finds the connection closed after its answer', async () => {
  await using api = await setup()
  const socket = await api.open()
  socket.write(get('/a', 'Connection: close') + get('/never'))
  const answer = await until(socket, /never/)
  assert.match(answer, /connection: close\r\n\r\nGET \/a 0\n$/)
})

const HANDED_OVER: Readonly<Record<string, { sent: string; answer: RegExp }>> = {
  'a body in chunks': {
    sent: 'POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    answer: /POST \/c 3\n/,
  },
  'a large body': {
    sent: `POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`,
    answer: /POST \/c 100000\n/,
  },
  'an expectation': {
    sent: 'POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc',
    answer: /^HTTP\/1\.1 100 Continue\r\n\r\n(?:.*\r\n)*POST \/c 3\n/,
  },
  'HTTP/1.0': { sent: 'GET /c HTTP/1.0\r\n\r\n', answer: /GET \/c 0\n$/ },
  'an upgrade': {
    sent: `${get('/c', 'Connection: Upgrade', 'Upgrade: websocket')}${'said at once '.repeat(50)}.`,
    answer: /^HTTP\/1\.1 101 Switching Protocols\r\n\r\n(said at once ){50}\.$/,
  },
  'what is no HTTP': { sent: 'nonsense\r\n\r\n', answer: /^HTTP\/1\.1 400 Bad Request/ },
  'a length and chunks at once': {
    sent: 'POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    answer: /^HTTP\/1\.1 400 Bad Request/,
  },
}

test('nothing that comes after the last request is carried out', async () => {
  const seen: string[] = []
  await using api = await setup(async (exchange) => {
    seen.push(exchange.url)
    await sleep(20)
    exchange.respond(200, {}, Buffer.alloc(8 * 1024 * 1024, 'x'))
  })
  const socket = await api.open()
  socket.write(get('/a', 'Connection: close'))
  socket.pause() // so that the connection stays open behind the answer
  for (let times = 0; times < 10; times++) {
    await sleep(10)
    socket.write(get('/never'))
  }
  assert.deepEqual(seen, ['/a'])
})

test('a request of the largest plain size may come behind one that takes a while', async () => {
  await using api = await setup(async (exchange) => {
    if (exchange.url === '/slow') await sleep(50)
    await echo(exchange)
  })
  const socket = await api.open()
  const bytes = 64 * 1024
  socket.write(get('/slow'))
  for (const path of ['/1', '/2']) {
    socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n${'x'.repeat(bytes)}`)
  }
  assert.match(await until(socket, /\/2 65536\n/), /POST \/1 65536\n(?:.*\r\n)*POST \/2 65536\n$/)
  socket.write(get('/after'))
  assert.match(await until(socket, /after/), /GET \/after 0/)
})

for (const [what, { sent, answer }] of Object.entries(HANDED_OVER)) {
  test(`${what} is answered by Node's server, first on a connection or after others`, async () => {
    await using api = await setup()
    const first = await api.open()
    first.write(sent)
    assert.match(await until(first, answer), answer)
    const later = await api.open()
    later.write(get('/a'))
    await until(later, /GET \/a 0\n$/)
    later.write(get('/b') + sent)
    const both = await until(later, new RegExp(answer.source.replace('^', '')))
    assert.match(both, /GET \/b 0\n/)
    assert.match(both.slice(both.indexOf('GET /b 0\n') + 9), answer)
  })
}

for (const [what, { sent, answer }] of Object.entries(HANDED_OVER)) {
  test(`${what} may come in many pieces at once, behind a request that takes a while`, async () => {
    await using api = await setup(async (exchange) => {
      if (exchange.url === '/slow') await sleep(50)
      await echo(exchange)
    })
    const inOrder = new RegExp(answer.source.replace('^', ''))
    for (const first of ['', get('/slow')]) {
      const socket = await api.open()
      if (first !== '') socket.write(first)
      const step = Math.ceil(sent.length / 50)
      for (let at = 0; at < sent.length; at += step) socket.write(sent.slice(at, at + step))
      assert.match(await until(socket, inOrder), inOrder)
    }
  })
}

test("Node's client is answered on one connection, whatever it sends", async () => {
  await using api = await setup()
  const { Agent } = await import('node:https')
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  const ask = (path: string, body?: string) =>
    new Promise<string>((resolve, reject) => {
      const request = httpsRequest({ agent, host: '127.0.0.1', port: api.port, path, method: body ? 'POST' : 'GET' })
      request.on('response', async (answer) => resolve((await answer.toArray()).join('')))
      request.on('error', reject)
      if (body && path !== '/chunks') request.setHeader('content-length', body.length)
      request.end(body)
    })
  const answers = []
  for (const [path, body] of [['/a'], ['/b', 'x'], ['/chunks', 'yy'], ['/c'], ['/d', 'z'.repeat(200_000)]] as const) {
    answers.push(await ask(path, body))
  }
  agent.destroy()
  assert.deepEqual(answers, ['GET /a 0\n', 'POST /b 1\n', 'POST /chunks 2\n', 'GET /c 0\n', 'POST /d 200000\n'])
})

test('an idle connection is closed with the server', async () => {
  const api = await setup()
  const socket = await api.open()
  socket.write(get('/a'))
  await until(socket, /\n$/)
  const closed = once(socket, 'close')
  socket.resume()
  await api.server.close()
  await closed
})

/** One connection with times of its own; what the client gets until it is closed. */
async function timed({ idleMs, requestMs, sent }: { idleMs: number; requestMs: number; sent: readonly string[] }) {
  const handle = (exchange: Exchange) => exchange.respond(200, {}, 'done\n')
  const server = createServer(await selfSigned(), (socket) => {
    socket.on('error', () => {})
    new Http1Connection({ socket, idleMs, requestMs, handle, handOver: () => assert.fail('handed over') })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
  socket.on('error', () => {})
  const answer = until(socket, /never/)
  for (const piece of sent) {
    socket.write(piece)
    await sleep(30)
  }
  const text = await answer
  server.close()
  return text
}

test('a request that does not come to its end is given up, however slowly it goes on', async () => {
  const sent = ['POST / HTTP/1.1\r\nHost: x\r\n', 'A: b\r\n', 'Content-Length: 9\r\n\r\n', 'a', 'b', 'c', 'd']
  assert.match(await timed({ idleMs: 60_000, requestMs: 100, sent }), /^HTTP\/1\.1 408 Request Timeout/)
})

test('a connection on which nothing comes is closed', async () => {
  assert.match(await timed({ idleMs: 80, requestMs: 60_000, sent: [get('/')] }), /done\n$/)
})
