import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expired, StatusError } from '../api/status-error.ts'
import type { ConfigMap } from '../api/types/core.v1.ts'
import { watchEvents } from './watch-events.ts'

const added = (name: string): string => JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })

async function* inChunks(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

/** The names in each array of events, and what ended them. */
async function told(chunks: AsyncIterable<Uint8Array>): Promise<{ names: string[][]; failure?: unknown }> {
  const names: string[][] = []
  try {
    for await (const events of watchEvents<ConfigMap>(chunks)) {
      names.push(events.map(({ object }) => object.metadata.name))
    }
  } catch (failure) {
    return { names, failure }
  }
  return { names }
}

test('events are put together over the borders of chunks', async () => {
  const bytes = Buffer.from(`${added('é')}\n\n${added('b')}\n`)
  assert.deepEqual(await told(inChunks(...Array.from(bytes, (byte) => Uint8Array.of(byte)))), { names: [['é'], ['b']] })
})

test('events of one chunk come together', async () => {
  const chunks = inChunks(Buffer.from(`${added('a')}\n${added('b')}\n${added('c')}`), Buffer.from('\n'))
  assert.deepEqual(await told(chunks), { names: [['a', 'b'], ['c']] })
})

test('what came before a failure has happened', async () => {
  const error = JSON.stringify({ type: 'ERROR', object: expired('too old').toStatus() })
  const { names, failure } = await told(inChunks(Buffer.from(`${added('a')}\n${error}\n${added('b')}\n`)))
  assert.deepEqual(names, [['a']])
  assert.ok(failure instanceof StatusError)
  assert.equal(failure.code, 410)
})
