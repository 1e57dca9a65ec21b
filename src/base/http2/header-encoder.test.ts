import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http2'
import { test } from 'node:test'
import { http2Server, Recorder } from '../../testing/http2-peer.ts'
import { HeaderDecoder } from './header-decoder.ts'
import { encodeHeaders } from './header-encoder.ts'

const PSEUDO = { ':method': 'POST', ':scheme': 'http', ':path': '/etcdserverpb.KV/Range', ':authority': 'etcd:2379' }

for (const [what, fields] of [
  ['fields that both sides know, their names only, or neither', { 'accept-encoding': 'gzip, deflate', te: 'trailers' }],
  ['a known name with another value', { 'content-type': 'application/grpc', 'user-agent': 'navarch' }],
  ['no value', { 'x-nothing': '', accept: '' }],
  ['bytes beyond ASCII', { 'x-text': 'grüße ÿ' }],
  [
    'values of lengths about where their coding grows',
    Object.fromEntries([1, 126, 127, 128, 254, 255, 256, 383, 5_000].map((n) => [`x-${n}`, 'v'.repeat(n)])),
  ],
  ['a long name', { [`x-${'n'.repeat(300)}`]: '1' }],
] as const) {
  test(`nghttp2 reads what was coded: ${what}`, async () => {
    let seen: IncomingHttpHeaders = {}
    await using server = await http2Server((stream, headers) => {
      seen = headers
      stream.respond({ ':status': 204 }, { endStream: true })
    })
    const connection = await server.open()
    const block = encodeHeaders({ ...PSEUDO, ...fields })
    for (let time = 0; time < 2; time++) {
      const answer = new Recorder()
      connection.request(block, answer).send(Buffer.alloc(0), true)
      assert.deepEqual([(await answer.over).failure, answer.headers[0]?.[':status']], [undefined, '204'])
      assert.deepEqual(Object.fromEntries(Object.entries(seen)), { ...PSEUDO, ...fields })
    }
  })
}

test('a block leaves nothing to remember: it is read the same by whoever has read others before', () => {
  const block = encodeHeaders({ ...PSEUDO, 'x-a': '1', 'content-type': 'application/grpc' })
  const decoder = new HeaderDecoder()
  for (const name of ['x-a', 'x-b']) decoder.decode(encodeHeaders({ [name]: '2' }))
  assert.deepEqual(decoder.decode(block), new HeaderDecoder().decode(block))
})
