import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { systemClock } from '../../../base/clock.ts'
import { Flag, FrameType, frame, settingsFrame } from '../../../base/http2/frame.ts'
import { encodeHeaders } from '../../../base/http2/header-encoder.ts'
import { testAuthority } from '../../../testing/certificates.ts'
import { FakeClock, settle, settleUntil } from '../../../testing/fake-clock.ts'
import { type RawPeer, rawServer } from '../../../testing/http2-peer.ts'
import { Connector, type ConnectorDeps, type ServerTls } from './connector.ts'
import { GrpcClient } from './grpc-client.ts'
import { GrpcCode, GrpcError } from './grpc-error.ts'
import { framed } from './message-framing.ts'

const CONNECT_MS = 2_000
const HOST = '127.0.0.1'
const MINUTE_MS = 60_000

const speaks = (peer: RawPeer): void => peer.send(settingsFrame([]))

function connector(port: number, deps: Partial<ConnectorDeps> = {}): Connector & Disposable {
  const made = new Connector({
    address: { host: HOST, port },
    clock: systemClock,
    connectMs: MINUTE_MS,
    greet: async () => {},
    ...deps,
  })
  return Object.assign(made, { [Symbol.dispose]: () => made.close() })
}

async function failure(attempt: Promise<unknown>): Promise<GrpcError> {
  const error = await attempt.then(
    () => new Error('nothing failed'),
    (reason) => reason,
  )
  if (!(error instanceof GrpcError)) throw error
  return error
}

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  await using server = await rawServer()
  return server.port
}

const goAway = frame(FrameType.GoAway, 0, 0, Buffer.from('7fffffff00000000', 'hex'))

/** A whole answer to the first request of a connection. */
const answerToFirst = Buffer.concat([
  frame(FrameType.Headers, Flag.EndHeaders, 1, encodeHeaders({ ':status': '200', 'content-type': 'application/grpc' })),
  frame(FrameType.Data, 0, 1, framed(Buffer.from('answer'))),
  frame(FrameType.Headers, Flag.EndHeaders | Flag.EndStream, 1, encodeHeaders({ 'grpc-status': '0' })),
])

test('all who ask for a connection get the same, and the next ones too', async () => {
  await using server = await rawServer(speaks)
  let greeted = 0
  const clock = new FakeClock()
  using made = connector(server.port, { clock, greet: async () => void greeted++ })
  assert.equal(made.connection, undefined)
  const connections = new Set(await Promise.all(Array.from({ length: 10 }, () => made.connect())))
  connections.add(await made.connect())
  connections.add(made.connection!)
  assert.deepEqual([connections.size, server.peers.length, greeted, clock.pending], [1, 1, 1, 0])
})

test('a connection is used when it has been greeted, not before', async () => {
  await using server = await rawServer(speaks)
  const greeted = Promise.withResolvers<void>()
  using made = connector(server.port, { greet: () => greeted.promise })
  const connecting = made.connect()
  await settleUntil(() => server.peers.length === 1)
  await server.peers[0]!.next(FrameType.Settings, ({ flags }) => flags === Flag.Ack)
  await settle()
  assert.equal(made.connection, undefined)
  greeted.resolve()
  assert.equal(await connecting, made.connection)
})

test('after a connection is over the next is made', async () => {
  await using server = await rawServer(speaks)
  using made = connector(server.port)
  const first = await made.connect()
  server.peers[0]!.send(goAway)
  await first.closed
  assert.equal(made.connection, undefined)
  const second = await made.connect()
  assert.notEqual(second, first)
  assert.ok(second.isUsable)
})

test('nobody listens: the call was not sent', async () => {
  for (const host of [HOST, 'localhost']) {
    using made = connector(0, { address: { host, port: await freePort() } })
    const { code, stage, message } = await failure(made.connect())
    assert.deepEqual([code, stage], [GrpcCode.Unavailable, 'unsent'])
    assert.match(message, /ECONNREFUSED/)
  }
})

test('after a failure nobody tries for a while: longer after each, at most 1 s, and short again after a success', async () => {
  const clock = new FakeClock()
  await using server = await rawServer(speaks)
  const greeting = { fails: true }
  const greet = async () => {
    if (greeting.fails) throw new Error('not now')
  }
  using made = connector(server.port, { clock, greet })
  let last = await failure(made.connect())
  for (const pauseMs of [100, 200, 400, 800, 1_000, 1_000]) {
    await clock.advance(pauseMs - 1)
    assert.equal(await failure(made.connect()), last, `tried again before ${pauseMs} ms`)
    await clock.advance(1)
    const next = await failure(made.connect())
    assert.notEqual(next, last, `not tried again after ${pauseMs} ms`)
    last = next
  }
  assert.equal(server.peers.length, 7)
  greeting.fails = false
  await clock.advance(1_000)
  const connection = await made.connect()
  greeting.fails = true
  connection.close()
  last = await failure(made.connect())
  await clock.advance(100)
  assert.notEqual(await failure(made.connect()), last)
})

for (const [what, thrown, seen] of [
  ['an answer', new GrpcError(GrpcCode.Unauthenticated, 'who are you', 'answered'), [16, 'answered', 'who are you']],
  ['no answer in time', new GrpcError(GrpcCode.DeadlineExceeded, 'no answer', 'sent'), [14, 'unsent', 'no answer']],
  ['an answer nobody can read', new RangeError('index out of range'), [14, 'unsent', 'index out of range']],
] as const) {
  test(`a greeting that fails by ${what} closes the connection`, async () => {
    await using server = await rawServer(speaks)
    using made = connector(server.port, { greet: () => Promise.reject(thrown) })
    const { code, stage, message } = await failure(made.connect())
    assert.deepEqual([code, stage, message], seen)
    assert.equal(made.connection, undefined)
    await server.peers[0]!.closed
  })
}

test('a server that accepts and says nothing is given up in time', async () => {
  const clock = new FakeClock()
  await using server = await rawServer()
  using made = connector(server.port, { clock, connectMs: CONNECT_MS })
  const failed = failure(made.connect())
  await settleUntil(() => server.peers.length === 1)
  await clock.advance(CONNECT_MS)
  const { code, stage, message } = await failed
  assert.deepEqual([code, stage], [GrpcCode.DeadlineExceeded, 'unsent'])
  assert.equal(message, `no connection to ${HOST}:${server.port} after 2 s`)
  await server.peers[0]!.closed
  assert.equal(clock.pending, 0)
})

test('a server that does not answer the greeting is given up in time', async () => {
  const clock = new FakeClock()
  await using server = await rawServer(speaks)
  const client = new GrpcClient({
    address: { host: HOST, port: server.port },
    clock,
    metadata: {},
    greet: async (call) => void (await call('/test.Service/Unary', Buffer.alloc(0), MINUTE_MS)),
    connectMs: CONNECT_MS,
  })
  const failed = failure(client.connect())
  await settleUntil(() => server.peers.length === 1)
  await server.peers[0]!.next(FrameType.Headers)
  await clock.advance(CONNECT_MS)
  const { stage, message } = await failed
  assert.deepEqual([stage, message], ['unsent', `no connection to ${HOST}:${server.port} after 2 s`])
  await server.peers[0]!.closed
  assert.equal(clock.pending, 0)
})

for (const [what, play, message] of [
  ['hangs up at once', (peer) => peer.socket.end(), /did not answer in HTTP\/2: the connection was closed/],
  ['breaks off at once', (peer) => peer.socket.resetAndDestroy(), /did not answer in HTTP\/2|ECONNRESET/],
  [
    'speaks HTTP/1.1',
    (peer) => peer.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    /did not answer in HTTP\/2: HTTP\/2: a frame is too long/,
  ],
] as const satisfies readonly (readonly [string, (peer: RawPeer) => void, RegExp])[]) {
  test(`a server that ${what}: nothing was sent`, async () => {
    await using server = await rawServer(play)
    using made = connector(server.port)
    const { code, stage, message: text } = await failure(made.connect())
    assert.deepEqual([code, stage], [GrpcCode.Unavailable, 'unsent'])
    assert.match(text, message)
  })
}

test('a server that says farewell together with its settings: nothing was sent, and nobody waits', async () => {
  const clock = new FakeClock()
  await using server = await rawServer((peer) => peer.send(settingsFrame([]), goAway))
  const client = new GrpcClient({
    address: { host: HOST, port: server.port },
    clock,
    metadata: {},
    greet: async (call) => void (await call('/test.Service/Unary', Buffer.alloc(0), MINUTE_MS)),
    connectMs: CONNECT_MS,
  })
  let failed: GrpcError | undefined
  void failure(client.connect()).then((error) => {
    failed = error
  })
  try {
    await settleUntil(() => server.peers.length === 1)
    await server.peers[0]!.closed
    await settle(10)
    assert.equal(failed?.stage, 'unsent')
  } finally {
    client.close()
    await clock.advance(MINUTE_MS)
  }
})

test('a server that says farewell together with its answer to the greeting: calls were not sent, and do not wait', async () => {
  const clock = new FakeClock()
  await using server = await rawServer(async (peer) => {
    speaks(peer)
    await peer.next(FrameType.Data)
    peer.send(answerToFirst, goAway)
  })
  const client = new GrpcClient({
    address: { host: HOST, port: server.port },
    clock,
    metadata: {},
    greet: async (call) => void (await call('/test.Service/Unary', Buffer.alloc(0), MINUTE_MS)),
    connectMs: CONNECT_MS,
  })
  let failed: GrpcError | undefined
  void failure(client.unary('/test.Service/Unary', Buffer.alloc(0), MINUTE_MS)).then((error) => {
    failed = error
  })
  try {
    await settleUntil(() => server.peers.length === 1)
    await server.peers[0]!.closed
    await settle(10)
    assert.equal(failed?.stage, 'unsent')
  } finally {
    client.close()
    await clock.advance(MINUTE_MS)
  }
})

test('who closes does not wait for a connection that is being made', async () => {
  const clock = new FakeClock()
  await using server = await rawServer()
  using made = connector(server.port, { clock, connectMs: CONNECT_MS })
  let failed: GrpcError | undefined
  void failure(made.connect()).then((error) => {
    failed = error
  })
  try {
    await settleUntil(() => server.peers.length === 1)
    made.close()
    await settle(10)
    assert.equal(failed?.stage, 'unsent')
    assert.match(failed.message, /the client is closed/)
    await server.peers[0]!.closed
  } finally {
    await clock.advance(CONNECT_MS)
  }
})

test('a connection that is made when the client is already closed is closed too', async () => {
  await using server = await rawServer(speaks)
  const greeted = Promise.withResolvers<void>()
  using made = connector(server.port, { greet: () => greeted.promise })
  const failed = failure(made.connect())
  await settleUntil(() => server.peers.length === 1)
  await server.peers[0]!.next(FrameType.Settings, ({ flags }) => flags === Flag.Ack)
  made.close()
  greeted.resolve()
  assert.equal((await failed).stage, 'unsent')
  await server.peers[0]!.closed
  assert.equal((await failure(made.connect())).message, 'the client is closed')
})

const authority = await testAuthority()
const own = await authority.issue({ commonName: 'server' }, ['server'])
const user = await authority.issue({ commonName: 'client' }, ['client'])
const ca = Buffer.from(authority.ca)

/** A server with TLS that begins as one of HTTP/2 does. */
async function tlsServer(options: TlsOptions): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<TLSSocket>()
  const server = createTlsServer({ ...own, ALPNProtocols: ['h2'], ...options }, (socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.write(settingsFrame([]))
  })
  server.listen(0, HOST)
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

for (const host of [HOST, 'localhost']) {
  test(`TLS to a server whose certificate is for ${host}, with a certificate of one's own`, async () => {
    await using server = await tlsServer({ ca: authority.ca, requestCert: true })
    const tls = { ca, cert: Buffer.from(user.cert), key: Buffer.from(user.key) }
    using made = connector(0, { address: { host, port: server.port, tls } })
    assert.ok((await made.connect()).isUsable)
  })
}

for (const [what, options, tls, message] of [
  [
    'whose certificate nobody knows',
    {},
    { ca: Buffer.from((await testAuthority()).ca) },
    /unable to verify|self-signed/,
  ],
  ['that does not offer HTTP/2', { ALPNProtocols: ['http/1.1'] }, { ca }, /no application protocol/],
  ['that wants a certificate', { ca: authority.ca, requestCert: true }, { ca }, /certificate required/],
  ['that is asked in the clear', {}, undefined, /did not answer in HTTP\/2/],
] as const satisfies readonly (readonly [string, TlsOptions, ServerTls | undefined, RegExp])[]) {
  test(`a server with TLS ${what}: nothing was sent`, async () => {
    await using server = await tlsServer(options)
    using made = connector(0, { address: { host: HOST, port: server.port, ...(tls && { tls }) } })
    const error = await failure(made.connect())
    assert.deepEqual([error.code, error.stage], [GrpcCode.Unavailable, 'unsent'])
    assert.match(error.message, message)
  })
}

test('a server without TLS that is asked with it: nothing was sent', async () => {
  await using server = await rawServer(speaks)
  using made = connector(0, { address: { host: HOST, port: server.port, tls: { ca } } })
  const { stage, message } = await failure(made.connect())
  assert.equal(stage, 'unsent')
  assert.match(message, /wrong version number|packet length/)
})
