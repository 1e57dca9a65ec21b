import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConfigMap, Namespace } from '../../api/types/core.v1.ts'
import type { New } from '../../client/client.ts'
import { type HttpAnswer, type HttpsApi, Protocol, startHttpsApi } from '../../testing/https-api.ts'
import { JSON_TYPE, PROTOBUF_TYPE } from './media-type.ts'

const maps = '/api/v1/namespaces/a/configmaps'
const PROTOCOLS = Object.values(Protocol)

interface List {
  readonly metadata: { readonly resourceVersion: string }
  readonly items: readonly ConfigMap[]
}

/** Sizes of lists that are kept for the next who asks, whole or in runs, and of one that is made each time, in several pieces. */
const WHOLE = { objects: 150, bytes: 2_000 }
const KEPT = { objects: 600, bytes: 2_000 }
const LARGE = { objects: 24, bytes: 500_000 }

async function withMaps({ objects, bytes }: typeof LARGE): Promise<HttpsApi> {
  const api = await startHttpsApi()
  const { namespaces, configMaps } = api.client()
  await namespaces.create({ metadata: { name: 'a' } } as New<Namespace>)
  for (let index = 0; index < objects; index++) {
    const metadata = { name: `m${String(index).padStart(3, '0')}`, namespace: 'a' }
    await configMaps.create({ metadata, data: { x: `${index} `.padEnd(bytes, String(index % 10)) } } as New<ConfigMap>)
  }
  return api
}

async function changed(api: HttpsApi, name: string, x: string): Promise<ConfigMap> {
  const headers = { 'content-type': 'application/merge-patch+json' }
  const body = JSON.stringify({ data: { x } })
  const { text } = await api.send(Protocol.Http2, { method: 'PATCH', path: `${maps}/${name}`, headers, body })
  return JSON.parse(text) as ConfigMap
}

const list = ({ text }: HttpAnswer): List => JSON.parse(text) as List

for (const [what, size] of Object.entries({
  'a list that is kept whole': WHOLE,
  'a list that is kept in runs': KEPT,
  'a large list': LARGE,
})) {
  test(`${what} is the same by every version of HTTP, and as long as it says`, async () => {
    await using api = await withMaps(size)
    for (const accept of [JSON_TYPE, PROTOBUF_TYPE]) {
      const answers = [...PROTOCOLS, ...PROTOCOLS].map((protocol) =>
        api.send(protocol, { path: maps, headers: { accept } }),
      )
      const [first, ...others] = await Promise.all(answers)
      for (const { bytes } of others) assert.ok(bytes.equals(first!.bytes))
      assert.equal(Number(first!.headers['content-length']), first!.bytes.length)
      assert.ok(first!.bytes.length > size.objects * size.bytes)
    }
  })

  test(`${what} shows a write after it`, async () => {
    await using api = await withMaps(size)
    const before = list(await api.send(Protocol.Http1, { path: maps }))
    const { metadata } = await changed(api, 'm007', 'new')
    const after = list(await api.send(Protocol.Http1, { path: maps }))
    const differing = after.items.filter((item, index) => item.data?.x !== before.items[index]?.data?.x)
    assert.deepEqual(
      differing.map(({ metadata: { name, resourceVersion }, data }) => [name, resourceVersion, data?.x]),
      [['m007', metadata.resourceVersion, 'new']],
    )
    assert.equal(after.metadata.resourceVersion, metadata.resourceVersion)
  })
}

for (const protocol of PROTOCOLS) {
  test(`${protocol}: a list that is read slowly stays as of one revision, whatever is written and listed meanwhile`, async () => {
    await using api = await withMaps(LARGE)
    const expected = await api.send(Protocol.Http1, { path: maps })
    const slow = await api.open(protocol, { path: maps })
    const chunks: Buffer[] = []
    for await (const chunk of slow.chunks) {
      chunks.push(Buffer.from(chunk))
      if (chunks.length !== 1) continue
      await changed(api, 'm023', 'new')
      await api.send(Protocol.Http2, { path: maps })
    }
    assert.ok(Buffer.concat(chunks).equals(expected.bytes))
  })

  test(`${protocol}: who goes away in the middle of a list spoils nobody else's`, async () => {
    await using api = await withMaps(LARGE)
    const whole = api.send(Protocol.Http1, { path: maps })
    const left = await api.open(protocol, { path: maps })
    for await (const _chunk of left.chunks) break
    left.cancel()
    await left.closed
    const { bytes } = await api.send(Protocol.Http1, { path: maps })
    assert.ok(bytes.equals((await whole).bytes))
    assert.equal(JSON.parse(bytes.toString()).items.length, LARGE.objects)
  })
}
