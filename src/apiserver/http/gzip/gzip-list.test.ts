import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { StoredObject } from '../../watch-cache/stored-object.ts'
import { encodeStored } from '../../watch-cache/stored-value.ts'
import type { CachedObject } from '../../watch-cache/watch-cache.ts'
import { gzipList } from './gzip-list.ts'
import { PackedRuns } from './packed-runs.ts'

const object = (n: number, revision = n + 2): CachedObject =>
  new StoredObject(
    `/registry/things/a/t${n}`,
    encodeStored({ kind: 'Thing', apiVersion: 'v1', metadata: { name: `t${n}`, namespace: 'a' } }),
    revision,
  )
const objects = Array.from({ length: 1_000 }, (_, n) => object(n))

/** Items as their JSON, and how often any have been made into text. */
function listing(separator = ',') {
  let made = 0
  const parts = { head: Buffer.from('['), tail: Buffer.from(']'), separator: Buffer.from(separator) }
  const textOf = (items: readonly CachedObject[]) => {
    made += items.length
    return Buffer.from(items.map((item) => Buffer.from(item.json()).toString()).join(separator))
  }
  const known = new PackedRuns()
  const unpacked = async (items: readonly CachedObject[]) => {
    const pieces: Uint8Array[] = []
    for await (const piece of gzipList({ ...parts, runs: known.packed(items, textOf) })) pieces.push(piece)
    return gunzipSync(Buffer.concat(pieces)).toString()
  }
  return { unpacked, made: () => made }
}

const plain = (items: readonly CachedObject[], separator = ',') =>
  `[${items.map((item) => Buffer.from(item.json()).toString()).join(separator)}]`

test('unpacked, it is the list', async () => {
  for (const separator of [',', '']) {
    const { unpacked } = listing(separator)
    for (const items of [[], objects.slice(0, 1), objects.slice(0, 300), objects]) {
      assert.equal(await unpacked(items), plain(items, separator))
    }
  }
})

test('a list of what has not changed compresses nothing again, and a change only what is near it', async () => {
  const { unpacked, made } = listing()
  await unpacked(objects)
  await unpacked(objects)
  assert.equal(made(), 1_000)
  const changed = objects.with(500, object(500, 5_001))
  assert.equal(await unpacked(changed), plain(changed))
  assert.ok(made() <= 1_000 + 2 * 128, `${made()} texts`)
  const without = objects.toSpliced(300, 1)
  assert.equal(await unpacked(without), plain(without))
  assert.ok(made() <= 1_000 + 4 * 128, `${made()} texts`)
})
