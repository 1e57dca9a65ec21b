import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from 'node:tls'
import type { ConfigMap, Namespace } from '../../api/types/core.v1.ts'
import type { New } from '../../client/client.ts'
import { type HttpsApi, Protocol, startHttpsApi } from '../../testing/https-api.ts'

const maps = '/api/v1/namespaces/a/configmaps'

async function withNamespace(): Promise<HttpsApi> {
  const api = await startHttpsApi()
  await api.client().namespaces.create({ metadata: { name: 'a' } } as New<Namespace>)
  return api
}

const create = ({ client }: HttpsApi, name: string, labels: Record<string, string> = {}) =>
  client().configMaps.create({ metadata: { name, namespace: 'a', labels } } as New<ConfigMap>)

interface Event {
  readonly type: string
  readonly object: ConfigMap
}

async function take(lines: AsyncIterable<string>, count: number): Promise<string[]> {
  const events: Event[] = []
  for await (const line of lines) {
    events.push(JSON.parse(line) as Event)
    if (events.length === count) break
  }
  return events.map(({ type, object }) => `${type} ${object.metadata.name}`)
}

test('everyone sees what they watch, and shares it with whom they can', async () => {
  await using api = await withNamespace()
  const paths = [`${maps}?watch=1`, '/api/v1/configmaps?watch=1', `${maps}?watch=1&labelSelector=x`]
  const watches = [...paths, ...paths].map((path, index) =>
    api.open(index % 2 === 0 ? Protocol.Http1 : Protocol.Http2, { path }),
  )
  const streams = await Promise.all(watches)
  await Promise.all([create(api, 'm1', { x: 'y' }), create(api, 'm2'), create(api, 'm3', { x: 'y' })])
  await api.client().configMaps.delete({ name: 'm1', namespace: 'a' })
  const seen = await Promise.all(streams.map(({ lines }, index) => take(lines, index % 3 === 2 ? 3 : 4)))
  const selected = ['ADDED m1', 'ADDED m3', 'DELETED m1']
  const all = ['ADDED m1', 'ADDED m2', 'ADDED m3', 'DELETED m1']
  for (const [index, events] of seen.entries()) assert.deepEqual(events.toSorted(), index % 3 === 2 ? selected : all)
})

test('a watch that was asked for behind another request on the same connection waits for its answer', async () => {
  await using api = await withNamespace()
  const socket = connect({ host: '127.0.0.1', port: api.port, rejectUnauthorized: false })
  const asked = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`
  socket.write(`${asked(`${maps}?watch=1&timeoutSeconds=1`)}${asked(`${maps}?watch=1&timeoutSeconds=1`)}`)
  await create(api, 'm1')
  let text = ''
  for await (const chunk of socket) {
    text += chunk
    if (text.split('\r\n0\r\n\r\n').length === 3) break
  }
  const bodies = text.split('HTTP/1.1 200 OK').slice(1)
  assert.equal(bodies.length, 2)
  for (const body of bodies)
    assert.match(body, /\r\n\r\n[0-9a-f]+\r\n\{"type":"ADDED".*"name":"m1".*\}\n\r\n0\r\n\r\n/s)
})
