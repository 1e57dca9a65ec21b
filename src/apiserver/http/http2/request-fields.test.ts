import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Field } from '../../../base/http2/header-decoder.ts'
import { areTrailers, type RequestFields, requestOf } from './request-fields.ts'

const GET: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/api?watch=1'],
  [':authority', 'host:6443'],
]

const without = (name: string): Field[] => GET.filter((field) => field[0] !== name)
const instead = (name: string, value: string): Field[] => [...without(name), [name, value]]

const host = 'host:6443'
const get: RequestFields = { method: 'GET', url: '/api?watch=1', headers: { host }, bodyBytes: undefined }

const GOOD: readonly { readonly what: string; readonly fields: readonly Field[]; readonly request: RequestFields }[] = [
  { what: 'the four that every request has', fields: GET, request: get },
  {
    what: 'pseudo-fields in another order, and a scheme that we do not serve',
    fields: [
      [':path', '/'],
      [':authority', host],
      [':scheme', 'http'],
      [':method', 'GET'],
    ],
    request: { ...get, url: '/' },
  },
  { what: 'a method that nobody knows', fields: instead(':method', 'X-Y'), request: { ...get, method: 'X-Y' } },
  { what: 'a question to the whole server', fields: instead(':path', '*'), request: { ...get, url: '*' } },
  {
    what: 'a path with bytes beyond ASCII',
    fields: instead(':path', '/\xc3\xa9?\xff#x'),
    request: { ...get, url: '/\xc3\xa9?\xff#x' },
  },
  {
    what: 'a host instead of an authority',
    fields: [...without(':authority'), ['host', 'other']],
    request: { ...get, headers: { host: 'other' } },
  },
  {
    what: 'an authority and a host, of which the authority counts',
    fields: [...GET, ['host', 'other']],
    request: get,
  },
  {
    what: 'values with space around them, which is taken away',
    fields: [...GET, ['x-a', ' '], ['x-b', ' \tb'], ['x-c', 'c\t']],
    request: { ...get, headers: { 'x-a': '', 'x-b': 'b', 'x-c': 'c', host } },
  },
  {
    what: 'values that are empty, that have tabs and spaces in them, and bytes beyond ASCII',
    fields: [...GET, ['x-a', ''], ['x-b', 'a \t b'], ['x-c', '\x80\xff']],
    request: { ...get, headers: { 'x-a': '', 'x-b': 'a \t b', 'x-c': '\x80\xff', host } },
  },
  {
    what: 'every character that a name may have',
    fields: [...GET, ["!#$%&'*+-.^_`|~09az", 'x']],
    request: { ...get, headers: { "!#$%&'*+-.^_`|~09az": 'x', host } },
  },
  {
    what: 'names that every JavaScript object knows',
    fields: [...GET, ['constructor', 'a'], ['constructor', 'b'], ['tostring', 'c']],
    request: { ...get, headers: { constructor: 'a, b', tostring: 'c', host } },
  },
  {
    what: 'fields that come again, which are joined as Node joins them',
    fields: [
      ...GET,
      ['accept', 'a'],
      ['cookie', 'b=1'],
      ['accept', 'c'],
      ['cookie', 'd=2'],
      ['x-remote-group', 'e'],
      ['x-remote-group', 'e'],
    ],
    request: { ...get, headers: { accept: 'a, c', cookie: 'b=1; d=2', 'x-remote-group': 'e, e', host } },
  },
  {
    what: 'fields of which there is one, and the first counts',
    fields: [
      ...GET,
      ['authorization', 'Bearer a'],
      ['content-type', 'a/b'],
      ['user-agent', 'c'],
      ['authorization', 'Bearer d'],
      ['content-type', 'e/f'],
      ['user-agent', 'g'],
    ],
    request: { ...get, headers: { authorization: 'Bearer a', 'content-type': 'a/b', 'user-agent': 'c', host } },
  },
  {
    what: 'TE with the one value that it may have',
    fields: [...GET, ['te', 'trailers']],
    request: { ...get, headers: { te: 'trailers', host } },
  },
  {
    what: 'the length of the body',
    fields: [...GET, ['content-length', '123']],
    request: { ...get, headers: { 'content-length': '123', host }, bodyBytes: 123 },
  },
  {
    what: 'the same length twice',
    fields: [...GET, ['content-length', '0'], ['content-length', '0']],
    request: { ...get, headers: { 'content-length': '0', host }, bodyBytes: 0 },
  },
]

for (const { what, fields, request } of GOOD) {
  test(`good: ${what}`, () => assert.deepEqual(requestOf(fields), request))
}

const MALFORMED: readonly (readonly [what: string, fields: readonly Field[]])[] = [
  ['nothing at all', []],
  ['no method', without(':method')],
  ['no scheme', without(':scheme')],
  ['no path', without(':path')],
  ['an empty method', instead(':method', '')],
  ['an empty path', instead(':path', '')],
  ['an empty scheme', instead(':scheme', '')],
  ['a method with a space', instead(':method', 'GET /')],
  ['a path that does not begin with a slash', instead(':path', 'api')],
  ['a whole URL as path', instead(':path', 'https://host/api')],
  ['a path with a space', instead(':path', '/a b')],
  ['a path with a line break', instead(':path', '/a\r\nx: y')],
  ['a path behind a star', instead(':path', '*/')],
  [
    'CONNECT, which has no path',
    [
      [':method', 'CONNECT'],
      [':authority', 'host'],
    ],
  ],
  ['two methods', [...GET, [':method', 'GET']]],
  ['two paths', [...GET, [':path', '/']]],
  ['two authorities', [...GET, [':authority', 'other']]],
  ['a pseudo-field that nobody knows', [...GET, [':protocol', 'websocket']]],
  ['a pseudo-field of answers', [...GET, [':status', '200']]],
  ['a name of nothing but a colon', [...GET, [':', 'x']]],
  ['a pseudo-field behind others', [...without(':path'), ['accept', 'a'], [':path', '/']]],
  ['an empty name', [...GET, ['', 'x']]],
  ['a name with capitals', [...GET, ['Accept', 'a']]],
  ['a name with a space', [...GET, ['a b', 'x']]],
  ['a name with a colon', [...GET, ['a:', 'x']]],
  ['a name with a line break', [...GET, ['a\r\nb', 'x']]],
  ['a name with a byte beyond ASCII', [...GET, ['\xe9', 'x']]],
  ['a value with a NUL', [...GET, ['a', 'x\0']]],
  ['a value with a line feed', [...GET, ['a', 'x\ny: z']]],
  ['a value with a carriage return', [...GET, ['a', 'x\ry: z']]],
  ['a value with DEL', [...GET, ['a', 'x\x7f']]],
  ['an authority with a line break', instead(':authority', 'a\r\nb')],
  ['Connection', [...GET, ['connection', 'close']]],
  ['Keep-Alive', [...GET, ['keep-alive', '5']]],
  ['Proxy-Connection', [...GET, ['proxy-connection', 'close']]],
  ['Transfer-Encoding', [...GET, ['transfer-encoding', 'chunked']]],
  ['Upgrade', [...GET, ['upgrade', 'websocket']]],
  ['TE with something else than trailers', [...GET, ['te', 'trailers, gzip']]],
  ['TE a second time with something else', [...GET, ['te', 'trailers'], ['te', 'gzip']]],
  ['a length that is no number', [...GET, ['content-length', '1x']]],
  ['a length below zero', [...GET, ['content-length', '-1']]],
  ['a length with a sign', [...GET, ['content-length', '+1']]],
  ['an empty length', [...GET, ['content-length', '']]],
  ['a length beyond all numbers', [...GET, ['content-length', '9'.repeat(16)]]],
  ['two lengths', [...GET, ['content-length', '1'], ['content-length', '2']]],
  ['two lengths in one field', [...GET, ['content-length', '1, 1']]],
]

for (const [what, fields] of MALFORMED) {
  test(`malformed: ${what}`, () => assert.equal(requestOf(fields), undefined))
}

test('trailers are fields with good names, and none of the pseudo-fields', () => {
  assert.deepEqual(
    [
      [],
      [['a', 'b']],
      [[':path', '/']],
      [['A', 'b']],
      [
        ['a', 'b'],
        ['', 'c'],
      ],
    ].map((fields) => areTrailers(fields as unknown as Field[])),
    [true, true, false, false, false],
  )
})
