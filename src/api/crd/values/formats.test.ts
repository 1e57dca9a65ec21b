import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatCheck, supportedFormat } from './formats.ts'

const cases: readonly [format: string, right: readonly string[], wrong: readonly string[]][] = [
  ['date', ['2026-02-28', '2024-02-29'], ['2026-02-29', '2026-2-1', '26-01-01']],
  [
    'date-time',
    ['2026-01-01T00:00:00Z', '2026-01-01t23:59:59.5+01:00'],
    ['2026-01-01 00:00:00Z', '2026-01-01T24:00:00Z'],
  ],
  ['duration', ['1h30m', '0', '-1.5s', '3 days'], ['', 'x', '1 year']],
  ['ipv4', ['1.1.1.1'], ['1.1.1', '1.1.1.256', '::1']],
  ['ipv6', ['::1', 'fe80::1'], ['1.1.1.1', 'fe80::1%eth0', '::g']],
  ['cidr', ['10.0.0.0/8', '::/0'], ['10.0.0.0', '10.0.0.0/33']],
  ['mac', ['00:00:5e:00:53:01', '00-00-5E-00-53-01'], ['00:00:5e', '00:00:5e:00:53:0g']],
  ['uuid', ['6ba7b810-9dad-11d1-80b4-00c04fd430c8'], ['6ba7b810']],
  ['uuid4', ['f47ac10b-58cc-4372-a567-0e02b2c3d479'], ['6ba7b810-9dad-11d1-80b4-00c04fd430c8']],
  ['email', ['a@b', 'Jane <jane@example.com>'], ['a', '@b']],
  ['uri', ['https://example.com/a', '/a'], ['a b', ':']],
  ['hostname', ['example.com', 'a'], ['-a', 'a_b']],
  ['byte', ['YWJj', 'YQ=='], ['YQ', 'a b c d']],
  ['isbn', ['0-306-40615-2', '978-3-16-148410-0'], ['0-306-40615-3', '1']],
  ['creditcard', ['4111 1111 1111 1111'], ['4111 1111 1111 1112']],
  ['hexcolor', ['#fff', 'a1b2c3'], ['#ff', 'xyz']],
  ['rgbcolor', ['rgb(0, 128, 255)'], ['rgb(0,0)', 'rgb(256,0,0)']],
  ['k8s-short-name', ['my-name'], ['My-name', 'a.b', '']],
  ['k8s-long-name', ['a.b-c'], ['a..b', '-a']],
]

for (const [format, right, wrong] of cases) {
  test(`format ${format}`, () => {
    const check = formatCheck(format)
    assert.deepEqual([right.filter((text) => !check?.(text)), wrong.filter((text) => check?.(text))], [[], []])
  })
}

test('a format that its type does not have means nothing', () => {
  assert.equal(supportedFormat(['integer'], 'date'), '')
  assert.equal(supportedFormat(['integer'], 'int32'), 'int32')
  assert.equal(supportedFormat(['string'], 'nosuch'), '')
  assert.equal(supportedFormat([], 'date'), 'date')
})
