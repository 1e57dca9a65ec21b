import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { test } from 'node:test'
import { type AggregatedBackend, startBackend } from '../../testing/aggregated-backend.ts'
import { Protocol, startHttpsApi } from '../../testing/https-api.ts'
import { RemoteOpenApi } from './remote-openapi.ts'

const GROUP = 'wardle.example.com'
const path = `/apis/${GROUP}/v1/flunders?limit=5`

/** An API server that delegates the group to a backend. */
async function delegating(backend: AggregatedBackend, available = true) {
  const remote = backend.remote(GROUP, 'v1')
  const find = (group: string) => (group === GROUP ? { remote, available } : undefined)
  const api = await startHttpsApi({ aggregator: { find, groupVersions: [], openApi: new RemoteOpenApi() } })
  return {
    ...api,
    async [Symbol.asyncDispose]() {
      remote[Symbol.dispose]()
      await api[Symbol.asyncDispose]()
    },
  }
}

for (const protocol of Object.values(Protocol)) {
  test(`${protocol}: a backend gets request and user, the client its answer`, async () => {
    let seen: { url: string | undefined; method: string | undefined; headers: IncomingHttpHeaders } | undefined
    await using backend = await startBackend({
      request: ({ url, method, headers }, response) => {
        seen = { url, method, headers }
        response.writeHead(418, { 'content-type': 'text/tea', 'x-pot': 'short' }).end('stout')
      },
    })
    await using api = await delegating(backend)
    const headers = { authorization: 'Bearer x', 'x-remote-user': 'root', 'audit-id': 'a-1' }
    const answer = await api.send(protocol, { method: 'DELETE', path, headers })
    assert.deepEqual([answer.status, answer.headers['x-pot'], answer.text], [418, 'short', 'stout'])
    assert.deepEqual([seen?.method, seen?.url], ['DELETE', path])
    const { authorization, host, 'audit-id': auditId, 'x-forwarded-for': from, ...rest } = seen?.headers ?? {}
    assert.deepEqual([authorization, host, auditId, from], [undefined, 'backend.ns.svc', 'a-1', '127.0.0.1'])
    assert.equal(rest['x-remote-user'], 'kubernetes-admin')
    assert.equal(rest['x-remote-group'], 'system:masters, system:authenticated')
  })

  test(`${protocol}: a body that a DELETE has ends where it ends, and begins no other request`, async () => {
    const seen: string[] = []
    await using backend = await startBackend({
      request: async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        seen.push(`${request.method} ${body}`)
        response.end()
      },
    })
    await using api = await delegating(backend)
    const body = 'GET /other HTTP/1.1\r\nhost: x\r\n\r\n'
    await api.send(protocol, { method: 'DELETE', path, body })
    assert.deepEqual(seen, [`DELETE ${body}`])
  })

  test(`${protocol}: a watch comes through as it happens`, async () => {
    await using backend = await startBackend({
      request: (_request, response) => void response.write('{"type":"ADDED"}\n'), // and never ends
    })
    await using api = await delegating(backend)
    const watch = await api.open(protocol, { path: `${path}&watch=1` })
    for await (const line of watch.lines) {
      assert.equal(line, '{"type":"ADDED"}')
      break
    }
    watch.cancel()
  })
}

test('a backend that cannot be reached is a 503 that says why', async () => {
  await using backend = await startBackend({ request: () => {} })
  await using api = await delegating(backend)
  await backend.close()
  const { status, text } = await api.send(Protocol.Http1, { path })
  const why = `dial tcp 127.0.0.1:${backend.port}: connect: connection refused`
  assert.deepEqual([status, text], [503, `error trying to reach service: ${why}\n`])
})

test('a backend that is not available is not asked', async () => {
  await using backend = await startBackend({ request: () => assert.fail('asked') })
  await using api = await delegating(backend, false)
  const { status, text } = await api.send(Protocol.Http1, { path })
  assert.deepEqual([status, text], [503, 'service unavailable\n'])
})

test('a backend cannot send the client, or us, elsewhere', async () => {
  await using backend = await startBackend({
    request: (_request, response) => void response.writeHead(302, { location: 'https://elsewhere/' }).end(),
  })
  await using api = await delegating(backend)
  const { status, text } = await api.send(Protocol.Http1, { path })
  assert.deepEqual([status, text], [502, 'the backend attempted to redirect this request, which is not permitted'])
})

/** Asks for an upgrade; what comes of it. */
async function upgraded(port: number): Promise<{ status: number | undefined; said: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; said: string }>()
  const sent = httpsRequest({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: `/apis/${GROUP}/v1/namespaces/ns/flunders/a/exec`,
    headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1' },
    rejectUnauthorized: false,
    agent: false,
  })
  const read = async (stream: AsyncIterable<Buffer>, status: number | undefined) => {
    let said = ''
    for await (const chunk of stream) said += chunk
    resolve({ status, said })
  }
  sent.on('upgrade', (answer, socket) => {
    socket.write('hello')
    void read(socket, answer.statusCode)
  })
  sent.on('response', (answer) => void read(answer, answer.statusCode))
  sent.on('error', reject)
  sent.end()
  return promise
}

test('an upgraded connection is joined to the backend’s, under the name of the user', async () => {
  let user: unknown
  await using backend = await startBackend({
    request: () => {},
    upgrade: ({ headers }, socket) => {
      user = headers['x-remote-user']
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\n\r\n')
      socket.once('data', (chunk) => socket.end(`${chunk} yourself`))
    },
  })
  await using api = await delegating(backend)
  assert.deepEqual(await upgraded(api.port), { status: 101, said: 'hello yourself' })
  assert.equal(user, 'kubernetes-admin')
})

test('an upgrade to a backend that is not available is a 503', async () => {
  await using backend = await startBackend({ request: () => {}, upgrade: () => assert.fail('asked') })
  await using api = await delegating(backend, false)
  assert.deepEqual(await upgraded(api.port), { status: 503, said: 'service unavailable\n' })
})
