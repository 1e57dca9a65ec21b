import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { connect } from 'node:tls'
import type { ConfigMap, Namespace } from '../../api/types/core.v1.ts'
import type { New } from '../../client/client.ts'
import { type HttpRequest, type HttpsApi, Protocol, startHttpsApi } from '../../testing/https-api.ts'
import type { Authenticator } from '../authn/authenticator.ts'
import type { Authorizer } from '../authz/authorizer.ts'

const maps = '/api/v1/namespaces/a/configmaps'
const json = { 'content-type': 'application/json' }
const map = (name: string, data: Record<string, string> = {}) => ({ metadata: { name, namespace: 'a' }, data })

interface Refusal {
  readonly what: string
  readonly request: HttpRequest
  readonly code: number
  readonly reason: string
  readonly message: string | RegExp
}

const REFUSALS: readonly Refusal[] = [
  {
    what: 'an object that is not there',
    request: { path: `${maps}/x` },
    code: 404,
    reason: 'NotFound',
    message: 'configmaps "x" not found',
  },
  {
    what: 'a method that the path does not have',
    request: { method: 'DELETE', path: '/apis/authentication.k8s.io/v1/tokenreviews' },
    code: 405,
    reason: 'MethodNotAllowed',
    message: 'the server does not allow this method on the requested resource',
  },
  {
    what: 'a subresource with a name that every JavaScript object knows',
    request: { method: 'PUT', path: `${maps}/x/toString`, headers: json, body: '{}' },
    code: 404,
    reason: 'NotFound',
    message: 'the server could not find the requested resource',
  },
  {
    what: 'a form that the server does not speak',
    request: { path: maps, headers: { accept: 'text/html' } },
    code: 406,
    reason: 'NotAcceptable',
    message: /^406: Not Acceptable\n\nAvailable representations: application\/json/,
  },
  {
    what: 'a body of more than 3 MiB',
    request: { method: 'POST', path: maps, headers: json, body: Buffer.alloc(3 * 1024 * 1024 + 1, ' ') },
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: 'Request entity too large: limit is 3145728',
  },
  {
    what: 'a body in an unknown format',
    request: { method: 'POST', path: maps, headers: { 'content-type': 'text/csv' }, body: 'a,b' },
    code: 415,
    reason: 'UnsupportedMediaType',
    message: /^the body of the request was in an unknown format - accepted media types include: application\/json/,
  },
  {
    what: 'a body that is no JSON',
    request: { method: 'POST', path: maps, headers: json, body: '{' },
    code: 400,
    reason: 'BadRequest',
    message:
      /^the object provided is unrecognized \(must be of type ConfigMap\): couldn't get version\/kind; json parse error/,
  },
]

for (const protocol of Object.values(Protocol)) {
  test(`${protocol}: an object is written and read`, async () => {
    await using api = await startHttpsApi()
    const created = await api.send(protocol, {
      method: 'POST',
      path: maps,
      headers: json,
      body: JSON.stringify(map('x', { k: 'v' })),
    })
    const read = await api.send(protocol, { path: `${maps}/x` })
    assert.deepEqual([created.status, read.status, read.text], [201, 200, created.text])
    assert.equal(read.headers['content-type'], 'application/json')
  })

  test(`${protocol}: the answer to a write is what is read after it, byte for byte, whatever its size`, async () => {
    await using api = await startHttpsApi()
    for (const bytes of [0, 1_000, 20_000, 200_000]) {
      const [path, data] = [`${maps}/x${bytes}`, { k: 'é'.repeat(bytes / 2) }]
      const write = (method: string, to: string, more: object) =>
        api.send(protocol, {
          method,
          path: to,
          headers: json,
          body: JSON.stringify({ ...map(`x${bytes}`, data), ...more }),
        })
      const created = await write('POST', maps, {})
      assert.equal((await api.send(protocol, { path })).text, created.text)
      const updated = await write('PUT', path, { immutable: true })
      assert.deepEqual([created.status, updated.status, JSON.parse(updated.text).immutable], [201, 200, true])
      assert.equal((await api.send(protocol, { path })).text, updated.text)
    }
  })

  for (const { what, request, code, reason, message } of REFUSALS) {
    test(`${protocol}: ${what} is refused with ${code}`, async () => {
      await using api = await startHttpsApi()
      const answer = await api.send(protocol, request)
      const { details: _, message: text, ...status } = JSON.parse(answer.text)
      const expected = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, code }
      assert.deepEqual([answer.status, status], [code, expected])
      if (typeof message === 'string') assert.equal(text, message)
      else assert.match(text, message)
    })
  }

  test(`${protocol}: a refusal comes with the warnings that led up to it`, async () => {
    await using api = await startHttpsApi()
    const body = JSON.stringify({ ...map('Bad_Name'), extra: 1 })
    const path = `${maps}?fieldValidation=Warn`
    const { status, headers } = await api.send(protocol, { method: 'POST', path, headers: json, body })
    assert.deepEqual([status, headers.warning], [422, '299 - "unknown field \\"extra\\""'])
  })

  test(`${protocol}: credentials that nobody knows are refused with 401`, async () => {
    await using api = await startHttpsApi({ authenticator: { authenticate: () => ({ kind: 'invalid', why: 'odd' }) } })
    const { status, text } = await api.send(protocol, { path: maps })
    const { message, reason } = JSON.parse(text)
    assert.deepEqual([status, reason, message], [401, 'Unauthorized', 'Unauthorized'])
  })

  test(`${protocol}: without credentials only health and version are answered`, async () => {
    const authorizer: Authorizer = { authorize: () => ({ verdict: 'allow', reason: '' }) }
    await using api = await startHttpsApi({
      authenticator: { authenticate: () => ({ kind: 'anonymous' }) },
      authorizer,
    })
    const paths = ['/healthz', '/livez', '/readyz', '/version', maps, '/metrics']
    const answers = await Promise.all(paths.map((path) => api.send(protocol, { path })))
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 401, 401],
    )
  })

  test(`${protocol}: a request without a body is answered when it takes a while to find out who asks`, async () => {
    const user = { name: 'kubernetes-admin', groups: ['system:masters'] }
    const authenticator: Authenticator = { authenticate: () => nextTurn({ kind: 'user', user }) }
    await using api = await startHttpsApi({ authenticator })
    const { status } = await api.send(protocol, { method: 'POST', path: maps, headers: json })
    assert.equal(status, 400)
  })

  test(`${protocol}: what is not allowed is refused with 403 and says who wanted what`, async () => {
    await using api = await startHttpsApi({ authorizer: { authorize: () => ({ verdict: 'no-opinion', reason: '' }) } })
    const { status, text } = await api.send(protocol, { path: maps })
    const why = 'User "kubernetes-admin" cannot list resource "configmaps" in API group "" in the namespace "a"'
    assert.deepEqual([status, JSON.parse(text).message], [403, `configmaps is forbidden: ${why}`])
  })

  test(`${protocol}: a watch sends each event as it happens`, async () => {
    await using api = await startHttpsApi()
    const { configMaps } = api.client()
    const watch = await api.open(protocol, { path: `${maps}?watch=1` })
    await configMaps.create(map('x') as New<ConfigMap>)
    await configMaps.delete({ namespace: 'a', name: 'x' })
    const seen: string[] = []
    for await (const line of watch.lines) {
      const { type, object } = JSON.parse(line)
      if (seen.push(`${type} ${object.metadata.name}`) === 2) break
    }
    watch.cancel()
    assert.deepEqual([watch.status, seen], [200, ['ADDED x', 'DELETED x']])
  })

  test(`${protocol}: a watch comes with the headers of every answer`, async () => {
    await using api = await startHttpsApi()
    const watch = await api.open(protocol, { path: '/api/v1/endpoints?watch=1', headers: { 'audit-id': 'mine' } })
    watch.cancel()
    const { 'audit-id': auditId, 'content-type': type, date, warning } = watch.headers
    assert.deepEqual([watch.status, auditId, type], [200, 'mine', 'application/json'])
    assert.deepEqual([date?.length, warning?.slice(0, 28)], [29, '299 - "v1 Endpoints is depre'])
  })

  test(`${protocol}: a watch whose client leaves before there was an event is over`, async () => {
    await using api = await startHttpsApi()
    for (let round = 0; round < 5; round++) {
      const watch = await api.open(protocol, { path: `${maps}?watch=1` })
      watch.cancel()
      await watch.closed
    }
    const inFlight = async () => /^apiserver_current_inflight_requests (.*)$/m.exec((await metrics(api)).text)?.[1]
    let left = await inFlight()
    for (let look = 0; look < 200 && left !== '1'; look++) left = await inFlight()
    assert.equal(left, '1') // the one that asks
  })

  test(`${protocol}: a watcher that does not read is cut off, and others go on`, async () => {
    await using api = await startHttpsApi()
    const { configMaps } = api.client()
    const slow = await api.open(protocol, { path: `${maps}?watch=1` })
    slow.pause()
    const padding = 'x'.repeat(900 * 1024)
    for (let index = 0; index < 24; index++) await configMaps.create(map(`m${index}`, { padding }) as New<ConfigMap>)
    const other = await api.send(protocol, { path: `${maps}/m0` })
    assert.equal(other.status, 200)
    await drain(slow.lines)
  })

  test(`${protocol}: a thousand watches hear of a change`, async () => {
    await using api = await startHttpsApi()
    const { namespaces } = api.client()
    const path = '/api/v1/namespaces?watch=1&resourceVersion=0'
    const watches = await Promise.all(Array.from({ length: 1_000 }, () => api.open(protocol, { path })))
    await namespaces.create({ metadata: { name: 'late' } } as New<Namespace>)
    const heard = await Promise.all(watches.map(({ lines }) => firstOf(lines)))
    for (const watch of watches) watch.cancel()
    assert.deepEqual([...new Set(heard.map((line) => JSON.parse(line).object.metadata.name))], ['late'])
  })
}

const metrics = (api: HttpsApi) => api.send(Protocol.Http1, { path: '/metrics' })

/** Reads to the end, which may come as an error: the answer was broken off. */
async function drain(lines: AsyncIterable<string>): Promise<void> {
  try {
    for await (const _ of lines);
  } catch (error) {
    assert.ok(error instanceof Error)
  }
}

async function firstOf(lines: AsyncIterable<string>): Promise<string> {
  for await (const line of lines) return line
  throw new Error('the watch ended')
}

test('metrics have no labels that a client made up', async () => {
  await using api = await startHttpsApi()
  for (const path of ['/apis/made.up/v1/things', '/api/v1/things', `${maps}/x/thing`]) {
    await api.send(Protocol.Http1, { path })
  }
  assert.doesNotMatch((await metrics(api)).text, /made\.up|thing/)
})

test('half a request keeps nobody from being served', async () => {
  await using api = await startHttpsApi()
  const socket = connect({ host: '127.0.0.1', port: api.port, rejectUnauthorized: false })
  socket.write(`POST ${maps} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"met`)
  const { status } = await api.send(Protocol.Http1, { path: maps })
  socket.destroy()
  assert.equal(status, 200)
})

test('what is no HTTP is answered with 400 and closed', async () => {
  await using api = await startHttpsApi()
  const socket = connect({ host: '127.0.0.1', port: api.port, rejectUnauthorized: false })
  socket.write('nonsense\r\n\r\n')
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  assert.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 400 Bad Request/)
})

test('a server that stops ends its watches and then closes', async () => {
  const api = await startHttpsApi()
  const watch = await api.open(Protocol.Http1, { path: `${maps}?watch=1` })
  const read = drain(watch.lines)
  await api[Symbol.asyncDispose]()
  await read
  await assert.rejects(fetch(`https://127.0.0.1:${api.port}/healthz`))
})
