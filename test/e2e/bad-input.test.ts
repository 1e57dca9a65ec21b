import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import type { Status } from '../../src/api/types/meta.v1.ts'
import { Api } from './harness/api.ts'
import { clusterOfThisFile } from './harness/cluster.ts'
import { eventually } from './harness/eventually.ts'

// Requests that kubectl never sends, and clients that behave badly, against a control plane without nodes.

const cluster = await clusterOfThisFile({ node: false })
using api = new Api(cluster.kubeconfig)

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps'
const json = { 'content-type': 'application/json' }
const named = (name: string, rest = ''): string =>
  `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"}${rest}}`

interface BadRequest {
  readonly what: string
  readonly method?: string
  readonly path: string
  readonly body?: string | Buffer
  readonly headers?: Record<string, string>
  readonly code: number
  readonly reason: string
  readonly says: RegExp
}

const badRequests: BadRequest[] = [
  {
    what: 'malformed JSON',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: json,
    body: '{"apiVersion":"v1","kind":"ConfigMap",',
    code: 400,
    reason: 'BadRequest',
    says: /couldn't get version\/kind; json parse error: unexpected end of JSON input/,
  },
  {
    what: 'malformed YAML',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: { 'content-type': 'application/yaml' },
    body: 'kind: [ConfigMap',
    code: 400,
    reason: 'BadRequest',
    says: /yaml/,
  },
  {
    what: 'an unknown field, strictly',
    method: 'POST',
    path: `${CONFIG_MAPS}?fieldValidation=Strict`,
    headers: json,
    body: named('a', ',"dtaa":{}'),
    code: 400,
    reason: 'BadRequest',
    says: /strict decoding error: unknown field "dtaa"$/,
  },
  {
    what: 'a duplicate field, strictly',
    method: 'POST',
    path: `${CONFIG_MAPS}?fieldValidation=Strict`,
    headers: json,
    body: named('a', ',"data":{},"data":{}'),
    code: 400,
    reason: 'BadRequest',
    says: /strict decoding error: duplicate field "data"$/,
  },
  {
    what: 'a wrong type',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: json,
    body: named('a', ',"data":{"a":1}'),
    code: 400,
    reason: 'BadRequest',
    says: /json: cannot unmarshal number into Go struct field ConfigMap\.data of type string$/,
  },
  {
    what: 'another kind than the path says',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: json,
    body: '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}',
    code: 400,
    reason: 'BadRequest',
    says: /Secret in version "v1" cannot be handled as a ConfigMap/,
  },
  {
    what: 'a body of more than 3 MiB',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: json,
    body: named('a', `,"data":{"a":"${'x'.repeat(3 << 20)}"}`),
    code: 413,
    reason: 'RequestEntityTooLarge',
    says: /limit is 3145728/,
  },
  {
    what: 'an unknown content type',
    method: 'POST',
    path: CONFIG_MAPS,
    headers: { 'content-type': 'text/plain' },
    body: 'hello',
    code: 415,
    reason: 'UnsupportedMediaType',
    says: /the body of the request was in an unknown format/,
  },
  {
    what: 'an answer that cannot be given',
    path: CONFIG_MAPS,
    headers: { accept: 'image/png' },
    code: 406,
    reason: 'NotAcceptable',
    says: /Available representations: application\/json/,
  },
  {
    what: 'an unknown path',
    path: '/api/v1/unicorns',
    code: 404,
    reason: 'NotFound',
    says: /could not find the requested resource/,
  },
  {
    what: 'a method that a resource does not have',
    method: 'DELETE',
    path: '/api/v1/componentstatuses',
    code: 405,
    reason: 'MethodNotAllowed',
    says: /does not allow this method/,
  },
  {
    what: 'a bad label selector',
    path: `${CONFIG_MAPS}?labelSelector=a%20in%20(b`,
    code: 400,
    reason: 'BadRequest',
    says: /unable to parse requirement|found '', expected/,
  },
  {
    what: 'a bad field selector',
    path: `${CONFIG_MAPS}?fieldSelector=data.a%3D1`,
    code: 400,
    reason: 'BadRequest',
    says: /"data\.a" is not a known field selector/,
  },
  {
    what: 'a bad limit',
    path: `${CONFIG_MAPS}?limit=many`,
    code: 400,
    reason: 'BadRequest',
    says: /strconv\.ParseInt: parsing "many": invalid syntax/,
  },
  {
    what: 'a bad resourceVersion',
    path: `${CONFIG_MAPS}?resourceVersion=new`,
    code: 400,
    reason: 'BadRequest',
    says: /^invalid resource version: resourceVersion: Invalid value: "new": strconv\.ParseUint/,
  },
  {
    what: 'a bad continue token',
    path: `${CONFIG_MAPS}?limit=1&continue=nonsense`,
    code: 400,
    reason: 'BadRequest',
    says: /continue key is not valid/,
  },
  {
    what: 'a bad patch',
    method: 'PATCH',
    path: `${CONFIG_MAPS}/kube-root-ca.crt`,
    body: '[{"op":"replace","path":"/data/none/x","value":1}]',
    headers: { 'content-type': 'application/json-patch+json' },
    code: 422,
    reason: 'Invalid',
    says: /the server rejected our request due to an error in our request/,
  },
]

for (const { what, code, reason, says, ...request } of badRequests) {
  test(`${what} is answered with a Status: ${code} ${reason}`, async () => {
    const { status, text } = await api.send(request)
    const answer = JSON.parse(text) as Status
    assert.deepEqual(
      [status, answer.kind, answer.status, answer.reason, answer.code],
      [code, 'Status', 'Failure', reason, code],
    )
    assert.match(answer.message ?? '', says)
  })
}

/** How long a small write and a read take, in milliseconds; throws when they are refused. */
async function timeOfWriteAndRead(name: string): Promise<number> {
  const started = performance.now()
  const created = await api.send({ method: 'POST', path: CONFIG_MAPS, headers: json, body: named(name) })
  assert.equal(created.status, 201)
  assert.equal((await api.send({ path: `${CONFIG_MAPS}/${name}` })).status, 200)
  return performance.now() - started
}

async function assertQuick(name: string): Promise<void> {
  await timeOfWriteAndRead(`${name}-first`) // the connection may have to be made
  const took = await timeOfWriteAndRead(name)
  assert.ok(took < 1000, `another client's write and read took ${took.toFixed(0)} ms`)
}

/** A connection with the administrator's certificate on which a test sends what it likes. */
function connect(): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { hostname, ...rest } = api.connection
    const socket = connectTls({ host: hostname, ...rest }, () => resolve(socket))
    socket.on('error', reject)
  })
}

const watchRequest = `GET ${CONFIG_MAPS}?watch=true HTTP/1.1\r\nHost: localhost\r\n\r\n`

test('a client that stops reading its watch is dropped and hurts nobody', async () => {
  const socket = await connect()
  let closed = false
  socket.on('close', () => (closed = true))
  socket.on('error', () => undefined) // being dropped is the point
  socket.write(watchRequest)
  await once(socket, 'data')
  socket.pause()
  const memoryBefore = (await cluster.status()).memoryBytes
  const body = named('large', `,"data":{"a":"${'x'.repeat(500_000)}"}`)
  for (let round = 0; round < 60; round++) {
    await api.send({ method: 'POST', path: CONFIG_MAPS, headers: json, body })
    await api.send({ method: 'DELETE', path: `${CONFIG_MAPS}/large` })
  }
  await assertQuick('beside-a-stuck-watch')
  const grownBytes = (await cluster.status()).memoryBytes - memoryBefore
  assert.ok(grownBytes < 300e6, `memory grew by ${Math.round(grownBytes / 1e6)} MB`)
  socket.resume()
  await eventually(() => assert.ok(closed, 'the watch that nobody read is over'))
})

test('a thousand watches all hear of a change while others are served', async () => {
  const sockets = await Promise.all(Array.from({ length: 1000 }, connect))
  const answered = new Set<Socket>()
  const heard = new Set<Socket>()
  for (const socket of sockets) {
    let text = ''
    socket.on('data', (chunk: Buffer) => {
      answered.add(socket)
      text = (text + chunk.toString()).slice(-100_000)
      if (text.includes('"name":"heard-by-all"')) heard.add(socket)
    })
    socket.write(watchRequest)
  }
  await eventually(() => assert.equal(answered.size, sockets.length))
  await assertQuick('beside-many-watches')
  assert.equal(
    (await api.send({ method: 'POST', path: CONFIG_MAPS, headers: json, body: named('heard-by-all') })).status,
    201,
  )
  await eventually(() => assert.equal(heard.size, sockets.length))
  for (const socket of sockets) socket.destroy()
})

test('half requests hold up nobody', async () => {
  const halves = [
    `GET ${CONFIG_MAPS} HTTP/1.1\r\nHost: loc`,
    `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"api`,
    `POST ${CONFIG_MAPS} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"ap`,
    '\u0016\u0003\u0001',
  ]
  const sockets = await Promise.all(Array.from({ length: 200 }, connect))
  for (const [index, socket] of sockets.entries()) {
    socket.on('error', () => undefined) // the server may close it at once
    socket.write(halves[index % halves.length] as string)
  }
  await assertQuick('beside-half-requests')
  for (const socket of sockets) socket.destroy()
  await assertQuick('after-half-requests')
})
