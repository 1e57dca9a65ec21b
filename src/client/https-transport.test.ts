import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { StatusError } from '../api/status-error.ts'
import { resources } from './clientset.ts'
import { HttpsTransport } from './https-transport.ts'
import { jsonLines } from './json-lines.ts'

test('lines are put together over the borders of chunks', async () => {
  const text = Buffer.from('{"a":"é"}\n\n{"b":2}\n')
  async function* bytewise() {
    for (const byte of text) yield Uint8Array.of(byte)
  }
  const values: unknown[] = []
  for await (const value of jsonLines(bytewise())) values.push(value)
  assert.deepEqual(values, [{ a: 'é' }, { b: 2 }])
})

test('a server that cannot be reached is a 503 with the cause', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.on('listening', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  using transport = new HttpsTransport({ server: `https://127.0.0.1:${port}` })
  await assert.rejects(transport.call({ verb: 'list', resource: resources.pods }), (error) => {
    assert.ok(error instanceof StatusError)
    assert.deepEqual([error.code, error.reason], [503, 'ServiceUnavailable'])
    assert.match((error.cause as Error).message, /ECONNREFUSED/)
    return true
  })
})
