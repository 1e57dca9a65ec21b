import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Node, Pod } from '../../../api/types/core.v1.ts'
import type { New } from '../../../client/client.ts'
import { type HttpsApi, Protocol, startHttpsApi } from '../../../testing/https-api.ts'

const pods = '/api/v1/namespaces/a/pods'

interface Heard {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly body: string
}

/** Something on the node that speaks HTTP, and tells what it was asked. */
async function startNeighbour() {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    heard.push({ method: request.method, url: request.url, body })
    response.end('hello')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A node whose kubelet is away, and a pod that claims to be at the API server's own address. */
async function populate({ client }: HttpsApi): Promise<void> {
  const { nodes, pods } = client()
  const node = await nodes.create({ metadata: { name: 'n' } } as New<Node>)
  const addresses = [{ type: 'InternalIP' as const, address: '127.0.0.1' }]
  const status = { ...node.status, addresses, daemonEndpoints: { kubeletEndpoint: { Port: 1 } } }
  await nodes.updateStatus({ ...node, status } as Node)
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] }
  const pod = await pods.create({ metadata: { name: 'p', namespace: 'a' }, spec } as New<Pod>)
  await pods.updateStatus({
    ...pod,
    status: { ...pod.status, podIP: '127.0.0.1', podIPs: [{ ip: '127.0.0.1' }] },
  } as Pod)
}

for (const protocol of Object.values(Protocol)) {
  test(`${protocol}: a proxied request arrives with its path and its body, which has an end`, async () => {
    await using neighbour = await startNeighbour()
    await using api = await startHttpsApi()
    await populate(api)
    const path = `/api/v1/nodes/n:${neighbour.port}/proxy/some/where/?x=1`
    const answer = await api.send(protocol, { method: 'DELETE', path, body: 'GET / HTTP/1.1\r\n\r\n' })
    const asked = neighbour.heard.map(({ method, url, body }) => [method, url, body])
    assert.deepEqual([answer.status, answer.text], [200, 'hello'])
    assert.deepEqual(asked, [['DELETE', '/some/where/?x=1', 'GET / HTTP/1.1\r\n\r\n']])
  })

  test(`${protocol}: a proxied request without a body has none`, async () => {
    await using neighbour = await startNeighbour()
    await using api = await startHttpsApi()
    await populate(api)
    const { status } = await api.send(protocol, { path: `/api/v1/nodes/n:${neighbour.port}/proxy/a` })
    assert.deepEqual([status, neighbour.heard[0]?.body], [200, ''])
  })
}

test('links of a proxied page lead back: its path is made to end in a slash', async () => {
  await using api = await startHttpsApi()
  await populate(api)
  const { status, headers } = await api.send(Protocol.Http1, { path: '/api/v1/nodes/n/proxy?x=1' })
  assert.deepEqual([status, headers.location], [301, '/api/v1/nodes/n/proxy/?x=1'])
})

interface Refusal {
  readonly what: string
  readonly path: string
  readonly code: number
  readonly reason: string
  readonly message: string
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'a server that does not answer',
    path: '/api/v1/nodes/n/proxy/metrics',
    code: 503,
    reason: 'ServiceUnavailable',
    message: 'error trying to reach service: dial tcp 127.0.0.1:1: connect: connection refused',
  },
  {
    what: 'a port that nobody knows',
    path: '/api/v1/nodes/n:web/proxy/metrics',
    code: 503,
    reason: 'ServiceUnavailable',
    message: 'error trying to reach service: dial tcp: lookup tcp/web: unknown port',
  },
  {
    what: 'a port beyond all ports',
    path: '/api/v1/nodes/n:65536/proxy/metrics',
    code: 503,
    reason: 'ServiceUnavailable',
    message: 'error trying to reach service: dial tcp: address 65536: invalid port',
  },
  {
    what: 'a pod that claims to be at our own address',
    path: `${pods}/p/proxy/`,
    code: 400,
    reason: 'BadRequest',
    message: 'address not allowed',
  },
  {
    what: 'a name of too many parts',
    path: `${pods}/http:p:80:1/proxy/`,
    code: 400,
    reason: 'BadRequest',
    message: 'invalid pod request "http:p:80:1"',
  },
  {
    what: 'a scheme that is not HTTP',
    path: '/api/v1/namespaces/a/services/ftp:s:21/proxy/',
    code: 400,
    reason: 'BadRequest',
    message: 'invalid service request "ftp:s:21"',
  },
  {
    what: 'nobody, for a trial',
    path: '/api/v1/nodes/n/proxy/metrics?dryRun=All',
    code: 400,
    reason: 'BadRequest',
    message: 'dryRun is not supported',
  },
]

for (const { what, path, ...expected } of REFUSALS) {
  test(`a request to be proxied to ${what} is refused with ${expected.code}`, async () => {
    await using api = await startHttpsApi()
    await populate(api)
    const { status, text } = await api.send(Protocol.Http1, { path })
    const { code, reason, message } = JSON.parse(text)
    assert.deepEqual([status, { code, reason, message }], [expected.code, expected])
  })
}
