import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Field, HeaderDecoder } from '../../../base/http2/header-decoder.ts'
import { dateNow } from '../date-now.ts'
import type { ResponseHeaders } from '../exchange.ts'
import { responseFields } from './response-fields.ts'

const read = (block: string, decoder = new HeaderDecoder()): Field[] | undefined =>
  decoder.decode(Buffer.from(block, 'latin1'))

/** Without the date, which every answer has after its status. */
function fieldsOf(status: number, headers: ResponseHeaders): Field[] | undefined {
  const [first, date, ...others] = read(responseFields(status, headers)) ?? []
  assert.match(date?.join() ?? '', /^date,\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/)
  return [first!, ...others]
}

for (const status of [200, 201, 204, 304, 400, 403, 404, 409, 422, 429, 431, 500, 503, 599]) {
  test(`status ${status} is read back, the first time and the second`, () => {
    const twice = [fieldsOf(status, {}), fieldsOf(status, {})]
    assert.deepEqual(twice, [[[':status', `${status}`]], [[':status', `${status}`]]])
  })
}

for (const { what, headers, fields } of [
  {
    what: 'names that both sides know, and others',
    headers: { 'content-type': 'application/json', 'audit-id': 'x', 'www-authenticate': 'y', via: 'z' },
    fields: [
      ['content-type', 'application/json'],
      ['audit-id', 'x'],
      ['www-authenticate', 'y'],
      ['via', 'z'],
    ],
  },
  {
    what: 'names with capitals, in small letters',
    headers: { 'Content-Type': 'a/b', 'X-Kubernetes-PF-FlowSchema-UID': 'c' },
    fields: [
      ['content-type', 'a/b'],
      ['x-kubernetes-pf-flowschema-uid', 'c'],
    ],
  },
  { what: 'a number', headers: { 'content-length': 0 }, fields: [['content-length', '0']] },
  {
    what: 'a list, each value a field',
    headers: { warning: ['299 - "a"', '299 - "b"'], none: [] },
    fields: [
      ['warning', '299 - "a"'],
      ['warning', '299 - "b"'],
    ],
  },
  { what: 'an empty value', headers: { 'x-a': '' }, fields: [['x-a', '']] },
  {
    what: 'nothing for a value that is undefined',
    headers: { 'x-a': undefined as unknown as string, 'x-b': 'c' },
    fields: [['x-b', 'c']],
  },
  { what: 'bytes beyond ASCII, and tabs', headers: { 'x-a': '\x80\t\xff' }, fields: [['x-a', '\x80\t\xff']] },
  ...[126, 127, 128, 254, 255, 256, 16_383 + 127, 16_384 + 127, 40_000].map((length) => ({
    what: `a value of ${length} bytes`,
    headers: { 'x-a': 'x'.repeat(length) },
    fields: [['x-a', 'x'.repeat(length)]],
  })),
  {
    what: 'a name of 300 bytes',
    headers: { ['n'.repeat(300)]: 'x' },
    fields: [['n'.repeat(300), 'x']],
  },
]) {
  test(`${what} is read back`, () => assert.deepEqual(fieldsOf(200, headers), [[':status', '200'], ...fields]))
}

test('nothing of an answer is to be remembered: any other can be read without it', () => {
  const decoder = new HeaderDecoder()
  const first = responseFields(200, { 'x-a': 'b' })
  const second = responseFields(418, { 'x-a': 'c' })
  for (const block of [first, second, first]) read(block, decoder)
  assert.deepEqual(read(second)?.slice(2), [['x-a', 'c']])
  assert.throws(() => read('\xbe', decoder), /no header field has index 62/)
})

test('an answer that brings its date keeps it: it has one', () => {
  const date = 'Tue, 15 Nov 1994 08:12:31 GMT'
  const [, ...fields] = read(responseFields(200, { date, 'x-a': 'b' })) ?? []
  assert.deepEqual(fields, [
    ['date', date],
    ['x-a', 'b'],
  ])
})

test('more names than are kept in mind are written as well', () => {
  const headers = Object.fromEntries(Array.from({ length: 600 }, (_, n) => [`x-name-${n}`, `${n}`]))
  assert.deepEqual(fieldsOf(200, headers), [[':status', '200'], ...Object.entries(headers)])
})

for (const value of ['a\nb', 'a\rb', 'a\0b', '\x7f', 'ā', '日本', '\u2028']) {
  test(`the value ${JSON.stringify(value)} cannot be written, alone or in a list`, () => {
    const expected = { name: 'TypeError', message: `the header x-a cannot hold ${value}` }
    assert.throws(() => responseFields(200, { 'x-a': value }), expected)
    assert.throws(() => responseFields(200, { 'x-a': ['good', value] }), expected)
  })
}

test('the date is that of this second', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 1, 3, 4, 5, 6, 700) })
  const seen = [dateNow()]
  t.mock.timers.tick(299)
  seen.push(dateNow())
  t.mock.timers.tick(1)
  seen.push(dateNow())
  assert.deepEqual(seen, [
    'Tue, 03 Feb 2026 04:05:06 GMT',
    'Tue, 03 Feb 2026 04:05:06 GMT',
    'Tue, 03 Feb 2026 04:05:07 GMT',
  ])
})
