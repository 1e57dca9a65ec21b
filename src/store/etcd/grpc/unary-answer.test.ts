import assert from 'node:assert/strict'
import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { test } from 'node:test'
import { systemClock } from '../../../base/clock.ts'
import { ErrorCode } from '../../../base/http2/http2-error.ts'
import { settleUntil } from '../../../testing/fake-clock.ts'
import { http2Server } from '../../../testing/http2-peer.ts'
import { GrpcClient } from './grpc-client.ts'
import { GrpcCode, type GrpcError } from './grpc-error.ts'
import { framed } from './message-framing.ts'

const PATH = '/test.Service/Unary'
const MINUTE_MS = 60_000
const MESSAGE = framed(Buffer.from('answer'))

type Play = (stream: ServerHttp2Stream) => void

interface Answer {
  readonly header?: OutgoingHttpHeaders
  readonly data?: readonly Buffer[]
  /** Without them the data is the end. */
  readonly trailers?: OutgoingHttpHeaders
}

const answer =
  ({ header, data = [], trailers }: Answer): Play =>
  (stream) => {
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', ...header },
      { waitForTrailers: trailers !== undefined },
    )
    if (trailers) stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    for (const bytes of data) stream.write(bytes)
    stream.end()
  }

const well = (header: OutgoingHttpHeaders = {}): Play =>
  answer({ header, data: [MESSAGE], trailers: { 'grpc-status': '0' } })

function open(host: string, port: number): { readonly client: GrpcClient } & Disposable {
  const client = new GrpcClient({
    address: { host, port },
    clock: systemClock,
    metadata: { hasleader: 'true' },
    greet: async () => {},
    connectMs: MINUTE_MS,
  })
  return { client, [Symbol.dispose]: () => client.close() }
}

/** What comes of a call to a server that plays its part. */
async function outcome(play: Play): Promise<{ answer?: string; error?: GrpcError }> {
  await using server = await http2Server(play)
  using connected = open('127.0.0.1', server.port)
  try {
    const answer = await connected.client.unary(PATH, Buffer.from('request'), MINUTE_MS)
    return { answer: answer.toString() }
  } catch (error) {
    assert.ok(connected.client.isConnected, 'the connection did not outlive the call')
    return { error: error as GrpcError }
  }
}

for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc; charset=utf-8']) {
  test(`an answer of type '${type}' is one`, async () => {
    assert.deepEqual(await outcome(well({ 'content-type': type })), { answer: 'answer' })
  })
}

for (const [what, play, code, stage, message] of [
  [
    'text',
    answer({ header: { 'content-type': 'text/plain' }, data: [Buffer.from('Hello, this is no gRPC')] }),
    GrpcCode.Unknown,
    'sent',
    "no gRPC answers: HTTP status 200, content type 'text/plain'",
  ],
  [
    'a web page that does not exist',
    (stream) => stream.respond({ ':status': 404 }, { endStream: true }),
    GrpcCode.Unknown,
    'sent',
    "no gRPC answers: HTTP status 404, content type ''",
  ],
  [
    'gRPC for browsers',
    well({ 'content-type': 'application/grpc-web' }),
    GrpcCode.Unknown,
    'sent',
    "no gRPC answers: HTTP status 200, content type 'application/grpc-web'",
  ],
  ['no message', answer({ trailers: { 'grpc-status': '0' } }), GrpcCode.Internal, 'sent', 'the answer has 0 messages'],
  [
    'two messages',
    answer({ data: [MESSAGE, MESSAGE], trailers: { 'grpc-status': '0' } }),
    GrpcCode.Internal,
    'sent',
    'the answer has 2 messages',
  ],
  [
    'a message that is cut off',
    answer({ data: [MESSAGE.subarray(0, -1)], trailers: { 'grpc-status': '0' } }),
    GrpcCode.Internal,
    'sent',
    'the answer has 0 messages',
  ],
  [
    'a compressed message',
    answer({ data: [Buffer.concat([Buffer.of(1), MESSAGE.subarray(1)])], trailers: { 'grpc-status': '0' } }),
    GrpcCode.Internal,
    'sent',
    'a message is compressed, which was not agreed on',
  ],
  ['no trailers', answer({ data: [MESSAGE] }), GrpcCode.Internal, 'sent', 'the answer ended without a status'],
  [
    'trailers without a status',
    answer({ data: [MESSAGE], trailers: { 'x-a': '1' } }),
    GrpcCode.Unknown,
    'sent',
    'the answer has no status',
  ],
  [
    'a status beside a message',
    answer({ data: [MESSAGE], trailers: { 'grpc-status': '14', 'grpc-message': 'no leader' } }),
    GrpcCode.Unavailable,
    'answered',
    'no leader',
  ],
  [
    'a message that is encoded wrong',
    answer({ trailers: { 'grpc-status': '13', 'grpc-message': '100% %zz' } }),
    GrpcCode.Internal,
    'answered',
    '100% %zz',
  ],
  ['a status without words', answer({ trailers: { 'grpc-status': '10' } }), GrpcCode.Aborted, 'answered', ''],
  [
    'a reset',
    (stream) => stream.close(ErrorCode.InternalError),
    GrpcCode.Unavailable,
    'sent',
    'the request was reset with code 2',
  ],
  [
    'a refusal',
    (stream) => stream.close(ErrorCode.RefusedStream),
    GrpcCode.Unavailable,
    'unsent',
    'the request was reset with code 7',
  ],
] as const satisfies readonly (readonly [string, Play, number, GrpcError['stage'], string])[]) {
  test(`${what}: the call fails as ${stage}`, async () => {
    const { error } = await outcome(play)
    assert.deepEqual([error?.name, error?.code, error?.stage, error?.message], ['GrpcError', code, stage, message])
  })
}

test('an answer that is none is not waited for: the server sees that nobody wants the rest', async () => {
  const codes: number[] = []
  await using server = await http2Server((stream) => {
    stream.on('close', () => codes.push(stream.rstCode))
    stream.respond({ ':status': 200, 'content-type': 'text/plain' })
    stream.write('and so on')
  })
  using connected = open('127.0.0.1', server.port)
  await assert.rejects(connected.client.unary(PATH, Buffer.from('request'), MINUTE_MS), { stage: 'sent' })
  await settleUntil(() => codes.length > 0)
  assert.deepEqual(codes, [ErrorCode.Cancel])
})

test('the server sees the headers of gRPC', async () => {
  let seen: IncomingHttpHeaders = {}
  await using server = await http2Server((stream, headers) => {
    seen = headers
    well()(stream)
  })
  using connected = open('localhost', server.port)
  await connected.client.unary(PATH, Buffer.from('request'), 1_500.2)
  assert.deepEqual(Object.fromEntries(Object.entries(seen)), {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': PATH,
    ':authority': `localhost:${server.port}`,
    te: 'trailers',
    'content-type': 'application/grpc',
    'user-agent': 'navarch',
    'grpc-timeout': '1501m',
    hasleader: 'true',
  })
})
