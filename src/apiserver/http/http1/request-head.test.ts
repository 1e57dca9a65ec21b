import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeadReader } from './request-head.ts'

const read = (text: string) => new HeadReader().read(Buffer.from(text, 'latin1'))
const request = (...lines: string[]) => `${lines.join('\r\n')}\r\n\r\n`

test('a plain request: method, target, fields in lower case without space around them, and where its body begins', () => {
  const text = request('POST /api/v1/namespaces?a=%20b HTTP/1.1', 'Host: x', 'X-Note: \t a: b \t', 'content-length: 4')
  assert.deepEqual(read(`${text}{}{}`), {
    kind: 'head',
    method: 'POST',
    url: '/api/v1/namespaces?a=%20b',
    headers: { host: 'x', 'x-note': 'a: b', 'content-length': '4' },
    bodyBytes: 4,
    isLast: false,
    end: text.length,
  })
})

test('a client may ask for the connection to be closed', () => {
  const head = read(request('GET / HTTP/1.1', 'Host: x', 'Connection: Close'))
  assert.equal(head.kind === 'head' && head.isLast, true)
})

test('a head that has not come to its end is partial, until it is longer than heads may be', () => {
  const line = 'GET / HTTP/1.1\r\nHost: x\r\n'
  assert.equal(read('').kind, 'partial')
  assert.equal(read(line).kind, 'partial')
  assert.equal(read(`${line}X: ${'x'.repeat(16 * 1024)}`).kind, 'unusual')
  assert.equal(read(request(`${line}X: ${'x'.repeat(16 * 1024)}`)).kind, 'unusual')
})

test('fields that are those of the request before are the same object', () => {
  const reader = new HeadReader()
  const [first, second, third] = ['/a', '/b', '/c'].map((path, index) => {
    const head = reader.read(Buffer.from(request(`GET ${path} HTTP/1.1`, `Host: x${index === 2 ? 'y' : ''}`)))
    assert.ok(head.kind === 'head')
    return head
  })
  assert.equal(first?.headers, second?.headers)
  assert.deepEqual([second?.url, third?.headers], ['/b', { host: 'xy' }])
})

const UNUSUAL: Readonly<Record<string, string>> = {
  'HTTP/1.0': request('GET / HTTP/1.0', 'Host: x'),
  'another method': request('PROPFIND / HTTP/1.1', 'Host: x'),
  'a method in lower case': request('get / HTTP/1.1', 'Host: x'),
  'absolute form': request('GET http://x/ HTTP/1.1', 'Host: x'),
  'the asterisk': request('GET * HTTP/1.1', 'Host: x'),
  'a space in the target': request('GET /a b HTTP/1.1', 'Host: x'),
  'a character beyond ASCII in the target': request('GET /\xe9 HTTP/1.1', 'Host: x'),
  'two spaces': request('GET  / HTTP/1.1', 'Host: x'),
  'an empty line first': `\r\n${request('GET / HTTP/1.1', 'Host: x')}`,
  'no fields': request('GET / HTTP/1.1'),
  'no host': request('GET / HTTP/1.1', 'Accept: a'),
  'an empty host': request('GET / HTTP/1.1', 'Host: '),
  'two hosts': request('GET / HTTP/1.1', 'Host: x', 'Host: x'),
  'a field twice': request('GET / HTTP/1.1', 'Host: x', 'Accept: a', 'accept: b'),
  'a folded line': request('GET / HTTP/1.1', 'Host: x', 'A: b', ' c'),
  'a space before the colon': request('GET / HTTP/1.1', 'Host: x', 'Content-Length : 4'),
  'no colon': request('GET / HTTP/1.1', 'Host: x', 'A'),
  'no name': request('GET / HTTP/1.1', 'Host: x', ': a'),
  'a bare line feed': 'GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n',
  'a bare carriage return': 'GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n',
  'a zero byte': request('GET / HTTP/1.1', 'Host: x', 'A: \0'),
  chunks: request('POST / HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked'),
  'chunks and a length': request('POST / HTTP/1.1', 'Host: x', 'Content-Length: 4', 'Transfer-Encoding: chunked'),
  'two lengths': request('POST / HTTP/1.1', 'Host: x', 'Content-Length: 4', 'Content-Length: 4'),
  'a list of lengths': request('POST / HTTP/1.1', 'Host: x', 'Content-Length: 4, 4'),
  'a length with a sign': request('POST / HTTP/1.1', 'Host: x', 'Content-Length: +4'),
  'a length in hexadecimal': request('POST / HTTP/1.1', 'Host: x', 'Content-Length: 0x4'),
  'an empty length': request('POST / HTTP/1.1', 'Host: x', 'Content-Length: '),
  'a large body': request('POST / HTTP/1.1', 'Host: x', 'Content-Length: 65537'),
  'an upgrade': request('GET / HTTP/1.1', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket'),
  'another connection': request('GET / HTTP/1.1', 'Host: x', 'Connection: keep-alive, x-hop'),
  'an expectation': request('POST / HTTP/1.1', 'Host: x', 'Expect: 100-continue', 'Content-Length: 4'),
  'a name of every JavaScript object': request('GET / HTTP/1.1', 'Host: x', '__proto__: a'),
}

for (const [what, text] of Object.entries(UNUSUAL)) {
  test(`not read here: ${what}`, () => assert.equal(read(text).kind, 'unusual'))
}
