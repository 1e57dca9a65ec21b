import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Metadata, ServerCredentials, type ServiceError, type sendUnaryData } from '@grpc/grpc-js'
import { systemClock } from '../../../base/clock.ts'
import { testAuthority } from '../../../testing/certificates.ts'
import { FakeClock, settleUntil } from '../../../testing/fake-clock.ts'
import { grpcServer, UNARY } from '../../../testing/grpc-server.ts'
import { GrpcClient, type GrpcClientOptions } from './grpc-client.ts'
import { GrpcCode, type GrpcError } from './grpc-error.ts'

const MINUTE_MS = 60_000
const HELLO = Buffer.from('hello')

interface TestClient extends Disposable {
  readonly client: GrpcClient
  call(text: string, timeoutMs?: number): Promise<string>
}

function open(port: number, options: Partial<GrpcClientOptions> = {}): TestClient {
  const client = new GrpcClient({
    address: { host: '127.0.0.1', port },
    clock: systemClock,
    metadata: { hasleader: 'true' },
    greet: async () => {},
    connectMs: MINUTE_MS,
    ...options,
  })
  return {
    client,
    call: async (text, timeoutMs = MINUTE_MS) => (await client.unary(UNARY, Buffer.from(text), timeoutMs)).toString(),
    [Symbol.dispose]: () => client.close(),
  }
}

/** How a call fails. */
async function failure(call: Promise<unknown>): Promise<Pick<GrpcError, 'code' | 'message' | 'stage'>> {
  try {
    await call
  } catch (error) {
    const { name, code, message, stage } = error as GrpcError
    assert.equal(name, 'GrpcError')
    return { code, message, stage }
  }
  throw new Error('the call did not fail')
}

/** A status other than OK as grpc-js wants it. */
const status = (code: number, details: string): Partial<ServiceError> => ({ code, details })

function pending(): {
  calls: sendUnaryData<Buffer>[]
  cancelled: number
  unary: Parameters<typeof grpcServer>[0]['unary']
} {
  const seen = {
    calls: [] as sendUnaryData<Buffer>[],
    cancelled: 0,
    unary: ((call, answer) => {
      seen.calls.push(answer)
      call.on('cancelled', () => seen.cancelled++)
    }) as Parameters<typeof grpcServer>[0]['unary'],
  }
  return seen
}

test('a call is answered, and the server sees what is sent with every call, and until when it may take', async () => {
  let seen: unknown
  await using server = await grpcServer({
    unary(call, answer) {
      const { metadata } = call
      const isSoon = Math.abs(Number(call.getDeadline()) - Date.now() - 5_000) < 2_000
      seen = [metadata.get('hasleader'), metadata.get('user-agent'), isSoon]
      answer(null, Buffer.concat([call.request, Buffer.from(' too')]))
    },
  })
  using connected = open(server.port)
  assert.equal(await connected.call('hello', 5_000), 'hello too')
  assert.deepEqual(seen, [['true'], ['navarch'], true])
})

test('an empty message is a message', async () => {
  await using server = await grpcServer({})
  using connected = open(server.port)
  assert.equal(await connected.call(''), '')
})

for (const [when, prepare] of [
  ['at once', () => {}],
  ['after a header', (call: { sendMetadata(metadata: Metadata): void }) => call.sendMetadata(new Metadata())],
] as const) {
  test(`a status that the server answers with ${when} is the error, in its words`, async () => {
    await using server = await grpcServer({
      unary(call, answer) {
        prepare(call)
        answer(status(GrpcCode.PermissionDenied, 'für Schlüssel „a%b“ nicht: 100 %'))
      },
    })
    using connected = open(server.port)
    assert.deepEqual(await failure(connected.call('hello')), {
      code: GrpcCode.PermissionDenied,
      message: 'für Schlüssel „a%b“ nicht: 100 %',
      stage: 'answered',
    })
  })
}

test('a method that the server does not have is an answer', async () => {
  await using server = await grpcServer({})
  using connected = open(server.port)
  const { code, stage } = await failure(connected.client.unary('/test.Service/Other', HELLO, MINUTE_MS))
  assert.deepEqual([code, stage], [12, 'answered'])
})

test('a server that does not answer in time: the call fails as sent, and is cancelled there', async () => {
  const clock = new FakeClock()
  const seen = pending()
  await using server = await grpcServer(seen)
  using connected = open(server.port, { clock })
  const failed = failure(connected.call('hello', 5_000))
  await settleUntil(() => seen.calls.length === 1)
  await clock.advance(4_999)
  assert.equal(seen.cancelled, 0)
  await clock.advance(1)
  assert.deepEqual(await failed, { code: GrpcCode.DeadlineExceeded, message: 'no answer after 5 s', stage: 'sent' })
  await settleUntil(() => seen.cancelled === 1)
  assert.ok(connected.client.isConnected)
})

test('a call whose time is over before the server takes another one was not sent', async () => {
  const clock = new FakeClock()
  const seen = pending()
  await using server = await grpcServer(seen, { maxConcurrentStreams: 1 })
  using connected = open(server.port, { clock })
  const calls = [connected.call('one', 5_000), connected.call('two', 4_000)].map(failure)
  await settleUntil(() => seen.calls.length === 1)
  await clock.advance(5_000)
  const stages = (await Promise.all(calls)).map(({ stage }) => stage)
  assert.deepEqual(stages, ['sent', 'unsent'])
})

test('a call that was answered leaves no timer of its own', async () => {
  const clock = new FakeClock()
  await using server = await grpcServer({})
  using connected = open(server.port, { clock })
  await connected.call('hello')
  const { pending: before } = clock
  for (let n = 0; n < 10; n++) await connected.call('hello')
  assert.equal(clock.pending, before)
  connected.client.close()
  assert.equal(clock.pending, 0)
})

test('messages of 5 MB both ways', async () => {
  await using server = await grpcServer({})
  using connected = open(server.port)
  const large = Buffer.alloc(5_000_000, 'some text ')
  assert.ok((await connected.client.unary(UNARY, large, MINUTE_MS)).equals(large))
})

test('a thousand calls at once get each its own answer, over one connection', async () => {
  const peers = new Set<string>()
  await using server = await grpcServer({
    unary(call, answer) {
      peers.add(call.getPeer())
      setImmediate(answer, null, call.request)
    },
  })
  using connected = open(server.port)
  const texts = Array.from({ length: 1_000 }, (_, n) => `call ${n}`)
  assert.deepEqual(await Promise.all(texts.map((text) => connected.call(text))), texts)
  assert.equal(peers.size, 1)
})

test('a connection that breaks: what was sent may have been carried out; the next call makes another', async () => {
  const seen = pending()
  const server = await grpcServer(seen)
  using connected = open(server.port)
  try {
    const calls = [1, 2, 3].map((n) => failure(connected.call(`${n}`)))
    await settleUntil(() => seen.calls.length === 3)
    await server[Symbol.asyncDispose]()
    for (const { code, stage } of await Promise.all(calls))
      assert.deepEqual([code, stage], [GrpcCode.Unavailable, 'sent'])
    assert.equal(connected.client.isConnected, false)
    await using _again = await grpcServer({}, { port: server.port })
    assert.equal(await connected.call('hello'), 'hello')
  } finally {
    await server[Symbol.asyncDispose]()
  }
})

test('a closed client: open calls fail as sent, later ones are not sent', async () => {
  const seen = pending()
  await using server = await grpcServer(seen)
  using connected = open(server.port)
  const call = failure(connected.call('hello'))
  await settleUntil(() => seen.calls.length === 1)
  connected.client.close()
  const [mine, later] = [await call, await failure(connected.call('hello'))]
  assert.deepEqual([mine.code, mine.stage], [GrpcCode.Unavailable, 'sent'])
  assert.deepEqual(later, { code: GrpcCode.Unavailable, message: 'the client is closed', stage: 'unsent' })
})

test('calls over TLS, with a certificate on both sides', async () => {
  const authority = await testAuthority()
  const own = await authority.issue({ commonName: 'server' }, ['server'])
  const user = await authority.issue({ commonName: 'client' }, ['client'])
  const [ca, cert, key] = [authority.ca, user.cert, user.key].map((pem) => Buffer.from(pem))
  const pair = { cert_chain: Buffer.from(own.cert), private_key: Buffer.from(own.key) }
  await using server = await grpcServer({}, { credentials: ServerCredentials.createSsl(ca!, [pair], true) })
  using connected = open(server.port, { address: { host: '127.0.0.1', port: server.port, tls: { ca, cert, key } } })
  const texts = Array.from({ length: 100 }, (_, n) => `${n} `.repeat(n * 100))
  assert.deepEqual(await Promise.all(texts.map((text) => connected.call(text))), texts)
})

test('a stream needs a connection', async () => {
  await using server = await grpcServer({})
  using connected = open(server.port)
  const handlers = { onMessage() {}, onEnd() {} }
  assert.throws(() => connected.client.stream('/test.Service/Stream', handlers), { name: 'GrpcError', stage: 'unsent' })
})
