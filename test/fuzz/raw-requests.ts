import { once } from 'node:events'
import { connect, type TLSSocket } from 'node:tls'
import type { ApiConnection } from '../e2e/harness/api.ts'
import { Chance } from './chance.ts'
import { mutateBytes } from './mutations.ts'

const MAPS = '/api/v1/namespaces/fuzz-a/configmaps'
const get = (path: string, rest = ''): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${rest}\r\n`
const post = (framing: string, body: string): string =>
  `POST ${MAPS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${framing}\r\n${body}`
const body = '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"fuzz-raw"}}'
const HTTP2_PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const frame = (length: number, type: number, flags: number, stream: number, rest = ''): string =>
  String.fromCharCode(length >> 16, (length >> 8) & 255, length & 255, type, flags, 0, 0, 0, stream) + rest

/** What no HTTP library sends. */
const HTTP1: readonly string[] = [
  get(MAPS) + get('/version') + get(`${MAPS}?limit=1`) + get('/nothing'),
  get(MAPS, 'Connection: close\r\n') + get(MAPS),
  get('http://elsewhere.example.com/api/v1/nodes'),
  get('*'),
  get('//api//v1'),
  get('/api/v1/../../etc/passwd'),
  get('/api/v1/nodes?\u0000'),
  `GET ${MAPS} HTTP/1.0\r\n\r\n`,
  `GET ${MAPS} HTTP/9.9\r\nHost: a\r\n\r\n`,
  `GET ${MAPS}\r\n\r\n`,
  'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n',
  `OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  get(MAPS, `X: ${'a'.repeat(20_000)}\r\n`),
  get(MAPS, Array.from({ length: 3_000 }, (_, index) => `X${index}: 1\r\n`).join('')),
  get(MAPS, 'X : 1\r\n folded\r\n'),
  get(MAPS, 'Upgrade: websocket\r\nConnection: Upgrade\r\n'),
  get('/api/v1/namespaces/fuzz-a/pods/fuzz-0/exec?command=a', 'Upgrade: SPDY/3.1\r\nConnection: Upgrade\r\n'),
  get('/api/v1/namespaces/fuzz-a/pods/fuzz-0/portforward', 'Upgrade: websocket\r\nConnection: Upgrade\r\n'),
  get(`${MAPS}?watch=1`, 'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n'),
  post(`Content-Length: ${body.length}\r\n`, body),
  post(`Content-Length: ${body.length + 10}\r\n`, body),
  post('Content-Length: 5\r\n', body),
  post('Content-Length: -1\r\n', body),
  post('Content-Length: 99999999999999999999\r\n', body),
  post(`Content-Length: ${body.length}\r\nContent-Length: 3\r\n`, body),
  post(`Content-Length: ${body.length}\r\nTransfer-Encoding: chunked\r\n`, body),
  post('Transfer-Encoding: chunked\r\n', `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`),
  post('Transfer-Encoding: chunked\r\n', `ffffffffff\r\n${body}`),
  post('Transfer-Encoding: chunked\r\n', `5;ext=1\r\n{"kin\r\nzz\r\n`),
  post('Transfer-Encoding: gzip, chunked\r\n', `0\r\nTrailer: x\r\n\r\n`),
  post('Expect: 100-continue\r\nContent-Length: 10\r\n', ''),
  post('Expect: 200-ok\r\nContent-Length: 0\r\n', ''),
  '\r\n\r\n\r\n',
  '\u0000\u0001\u0002',
]

const HTTP2: readonly string[] = [
  HTTP2_PREFACE,
  `${HTTP2_PREFACE}${frame(0, 4, 0, 0)}${frame(8, 6, 0, 0, '12345678')}`,
  `${HTTP2_PREFACE}${frame(0, 4, 0, 0)}${frame(5, 1, 4, 1, '\u0082\u0084\u0087\u0041\u0000')}`,
  `${HTTP2_PREFACE}${frame(0, 4, 0, 0)}${frame(16_777_215, 0, 0, 1)}`,
  `${HTTP2_PREFACE}${frame(0, 4, 0, 0)}${frame(4, 3, 0, 1, '\u0000\u0000\u0000\u0008').repeat(200)}`,
  `${HTTP2_PREFACE}${frame(0, 4, 0, 0)}${frame(4, 8, 0, 0, '\u007f\u00ff\u00ff\u00ff').repeat(3)}`,
  `${HTTP2_PREFACE}${frame(6, 4, 0, 0, '\u0000\u0004\u00ff\u00ff\u00ff\u00ff')}`,
  'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n',
]

const ANSWER = /^HTTP\/1\.[01] [1-5]\d\d /
/** How long such a connection is kept: the server may well wait for more. */
const PATIENCE_MS = 40

/** Sends the malformed bytes of this number on a connection of their own. Answers what is wrong with what came back. */
export async function sendRaw(connection: ApiConnection, seed: number, number: number): Promise<string[]> {
  const chance = new Chance(seed, number)
  const isHttp2 = chance.is(0.25)
  const template = Buffer.from(chance.oneOf(isHttp2 ? HTTP2 : HTTP1), 'latin1')
  const bytes = chance.is(0.6) ? mutateBytes(template, chance) : template
  const received = await exchanged(connection, bytes, isHttp2)
  if (isHttp2 || received.length === 0) return []
  const text = received.toString('latin1', 0, 100)
  return ANSWER.test(text) ? [] : [`a raw request was answered with ${JSON.stringify(text)}`]
}

async function exchanged({ hostname, ...rest }: ApiConnection, bytes: Buffer, isHttp2: boolean): Promise<Buffer> {
  const socket = connect({ host: hostname, ...rest, ALPNProtocols: [isHttp2 ? 'h2' : 'http/1.1'] })
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  socket.on('error', () => undefined) // being thrown out is the point
  await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')]).catch(() => undefined)
  socket.write(bytes)
  await closedOrLate(socket)
  socket.destroy()
  return Buffer.concat(chunks)
}

function closedOrLate(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS)
    socket.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
