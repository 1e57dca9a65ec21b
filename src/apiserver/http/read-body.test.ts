import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { BodyTooLarge, ClientGone } from './exchange.ts'
import { readBody } from './read-body.ts'

const LIMIT = 4

const body = (...chunks: string[]) => Readable.from(chunks.map((chunk) => Buffer.from(chunk)))

/** As Node.js does with the stream of a request by HTTP/2 that ends without data. */
function endedByItself(): Readable {
  const source = new Readable({ read() {} })
  source.push(null)
  source.read(0)
  return source
}

for (const chunks of [[], ['abcd'], ['ab', 'cd']]) {
  test(`a body in ${chunks.length} pieces is read whole`, async () => {
    assert.equal(Buffer.from(await readBody(body(...chunks), LIMIT)).toString(), chunks.join(''))
  })
}

test('a body beyond the limit is refused', async () => {
  await assert.rejects(readBody(body('abc', 'de'), LIMIT), BodyTooLarge)
})

test('a body that ended before it was asked for is empty', async () => {
  const source = endedByItself()
  await once(source, 'end')
  assert.equal((await readBody(source, LIMIT)).length, 0)
})

test('a client that left before its body was asked for is gone', async () => {
  const source = new Readable({ read() {} })
  source.destroy()
  await once(source, 'close')
  await assert.rejects(readBody(source, LIMIT), ClientGone)
})

test('a client that leaves half way is gone', async () => {
  const source = new Readable({ read() {} })
  const read = readBody(source, LIMIT)
  source.push(Buffer.from('a'))
  source.destroy()
  await assert.rejects(read, ClientGone)
})
