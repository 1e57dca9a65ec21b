import assert from 'node:assert/strict'
import { test } from 'node:test'
import { warningHeaders } from './warning-headers.ts'

const TOLD: readonly {
  readonly what: string
  readonly texts: readonly string[]
  readonly headers: readonly string[]
}[] = [
  { what: 'none', texts: [], headers: [] },
  { what: 'each once, in order', texts: ['b', 'a', 'b', ''], headers: ['299 - "b"', '299 - "a"'] },
  { what: 'quotes and backslashes are escaped', texts: ['say "\\"'], headers: ['299 - "say \\"\\\\\\""'] },
  { what: 'what has control characters cannot be told', texts: ['a\nb', 'c'], headers: ['299 - "c"'] },
  { what: 'other scripts go out as the bytes of UTF-8', texts: ['ü'], headers: ['299 - "Ã¼"'] },
]

for (const { what, texts, headers } of TOLD) {
  test(`warnings: ${what}`, () => assert.deepEqual(warningHeaders(texts), headers))
}

const lengths = (texts: readonly string[]): number[] =>
  warningHeaders(texts).map((header) => header.length - '299 - ""'.length)

test('once warnings are too long together each is cut, and then what is still too much is left out', () => {
  const long = (index: number) => `${index}`.padEnd(1_000, '.')
  assert.deepEqual(lengths([long(1), long(2), long(3), long(4)]), [1_000, 1_000, 1_000, 1_000])
  assert.deepEqual(lengths([long(1), long(2), long(3), long(4), long(5)]), [256, 256, 256, 256, 256])
  assert.equal(lengths(Array.from({ length: 40 }, (_, index) => long(index))).length, 16)
})
