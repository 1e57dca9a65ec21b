import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { gzipPart, joinGzip } from './gzip-parts.ts'

const cases: [name: string, texts: string[]][] = [
  ['nothing', []],
  ['one part', ['{"paths":{}}']],
  ['parts, an empty one among them', ['{"a":1', '', ',"b":2}']],
  ['a long part', ['x'.repeat(300_000), 'ä€', 'y'.repeat(70_001)]],
]

for (const [name, texts] of cases) {
  test(`${name}: joined parts are one gzip member of the whole text`, async () => {
    const parts = await Promise.all(texts.map((text) => gzipPart(Buffer.from(text))))
    assert.equal(gunzipSync(joinGzip(parts)).toString(), texts.join(''))
  })
}

test('parts can be joined again in another order', async () => {
  const [a, b] = await Promise.all(['first ', 'second '].map((text) => gzipPart(Buffer.from(text))))
  if (!a || !b) throw new Error('unreachable')
  assert.equal(gunzipSync(joinGzip([b, a, b])).toString(), 'second first second ')
})
