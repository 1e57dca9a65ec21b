import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import type { Node, Pod } from '../../../api/types/core.v1.ts'
import type { New } from '../../../client/client.ts'
import { type HttpsApi, Protocol, selfSigned, startHttpsApi } from '../../../testing/https-api.ts'

const pods = '/api/v1/namespaces/a/pods'

interface Heard {
  readonly url: string
  readonly headers: IncomingHttpHeaders
}

/** A kubelet that answers logs, and echoes what comes after an upgrade. */
class FakeKubelet implements AsyncDisposable {
  readonly heard: Heard[] = []
  readonly #server: Server

  static start = async (options: { refuses?: boolean } = {}) => new FakeKubelet(await selfSigned(), options)

  private constructor(tls: { cert: string; key: string }, options: { refuses?: boolean }) {
    this.#server = createServer(tls, (request, response) => {
      this.heard.push({ url: request.url as string, headers: request.headers })
      response.writeHead(options.refuses ? 403 : 200, { 'content-type': 'text/plain' })
      response.end(options.refuses ? 'not you' : 'one\ntwo\n')
    })
    if (options.refuses) return
    this.#server.on('upgrade', (request, socket) => {
      this.heard.push({ url: request.url as string, headers: request.headers })
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\n\r\nhello ')
      socket.on('error', () => socket.destroy())
      socket.pipe(socket)
    })
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  async [Symbol.asyncDispose]() {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** A pod on a node whose kubelet listens on `port`. */
async function runPod(api: HttpsApi, port: number): Promise<void> {
  const { nodes, pods } = api.client()
  const node = await nodes.create({ metadata: { name: 'n' } } as New<Node>)
  const addresses = [{ type: 'InternalIP' as const, address: '127.0.0.1' }]
  const status = { ...node.status, addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } }
  await nodes.updateStatus({ ...node, status } as Node)
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] }
  await pods.create({ metadata: { name: 'p', namespace: 'a' }, spec } as New<Pod>)
}

/** Sends an upgrade request and gives the connection. */
function upgrade(api: HttpsApi, path: string, headers: readonly string[] = []): TLSSocket {
  const socket = connect({ host: '127.0.0.1', port: api.port, rejectUnauthorized: false })
  const lines = [`POST ${path} HTTP/1.1`, 'host: api', 'connection: Upgrade', 'upgrade: SPDY/3.1', ...headers]
  socket.write(`${lines.join('\r\n')}\r\n\r\n`)
  return socket
}

/** Reads until the text has come, or to the end. */
async function readUntil(socket: TLSSocket, wanted: string): Promise<string> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += (chunk as Buffer).toString()
    if (text.includes(wanted)) break
  }
  return text
}

for (const protocol of Object.values(Protocol)) {
  test(`${protocol}: a log is the kubelet's, asked for in its own words`, async () => {
    await using kubelet = await FakeKubelet.start()
    await using api = await startHttpsApi()
    await runPod(api, await kubelet.listen())
    const { status, text } = await api.send(protocol, { path: `${pods}/p/log?tailLines=2&follow=true` })
    assert.deepEqual([status, text], [200, 'one\ntwo\n'])
    assert.deepEqual(kubelet.heard[0]?.url, '/containerLogs/a/p/c?follow=true&tailLines=2')
  })
}

test('after an upgrade bytes go both ways until one side ends', async () => {
  await using kubelet = await FakeKubelet.start()
  await using api = await startHttpsApi()
  await runPod(api, await kubelet.listen())
  const socket = upgrade(api, `${pods}/p/exec?command=ls&command=-l&stdout=true`)
  const head = await readUntil(socket, 'hello ')
  socket.write('over there')
  const echo = await readUntil(socket, 'over there')
  socket.destroy()
  assert.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
  assert.equal(echo, 'over there')
  assert.equal(kubelet.heard[0]?.url, '/exec/a/p/c?output=1&command=ls&command=-l')
})

test('the credentials of the client stay with the API server', async () => {
  await using kubelet = await FakeKubelet.start()
  await using api = await startHttpsApi()
  await runPod(api, await kubelet.listen())
  const socket = upgrade(api, `${pods}/p/exec?command=ls&stdout=true`, ['authorization: Bearer t', 'x-mine: 1'])
  await readUntil(socket, 'hello ')
  socket.destroy()
  const { authorization, 'x-mine': mine } = kubelet.heard[0]?.headers ?? {}
  assert.deepEqual([authorization, mine], [undefined, '1'])
})

test('a kubelet that does not switch protocols is the client’s answer', async () => {
  await using kubelet = await FakeKubelet.start({ refuses: true })
  await using api = await startHttpsApi()
  await runPod(api, await kubelet.listen())
  const socket = upgrade(api, `${pods}/p/exec?command=ls&stdout=true`)
  const answer = await readUntil(socket, 'not you')
  assert.match(answer, /^HTTP\/1\.1 403 Forbidden\r\n/)
})

interface Refusal {
  readonly what: string
  readonly path: string
  readonly code: number
  readonly message: RegExp
}

const REFUSALS: readonly Refusal[] = [
  { what: 'a pod that is not there', path: `${pods}/x/exec?command=ls`, code: 404, message: /^pods "x" not found$/ },
  {
    what: 'a container that the pod does not have',
    path: `${pods}/p/exec?command=ls&container=d`,
    code: 400,
    message: /^container d is not valid for pod p$/,
  },
  {
    what: 'a kubelet that does not answer',
    path: `${pods}/p/exec?command=ls`,
    code: 500,
    message: /^error dialing backend: dial tcp 127\.0\.0\.1:1: connect: connection refused$/,
  },
]

for (const { what, path, code, message } of REFUSALS) {
  test(`an upgrade to ${what} is refused with ${code}`, async () => {
    await using api = await startHttpsApi()
    await runPod(api, 1)
    const answer = await readUntil(upgrade(api, path), '\n}')
    const [head = '', body = ''] = answer.split('\r\n\r\n')
    assert.ok(head.startsWith(`HTTP/1.1 ${code} `), head)
    assert.match(JSON.parse(body).message, message)
  })
}

test('a pod without a node has an empty log, and nowhere to run a command', async () => {
  await using api = await startHttpsApi()
  const spec = { containers: [{ name: 'c', image: 'i' }] }
  await api.client().pods.create({ metadata: { name: 'p', namespace: 'a' }, spec } as New<Pod>)
  const log = await api.send(Protocol.Http1, { path: `${pods}/p/log` })
  const exec = await readUntil(upgrade(api, `${pods}/p/exec?command=ls`), 'host assigned')
  assert.deepEqual([log.status, log.text], [200, ''])
  assert.match(exec, /^HTTP\/1\.1 400 /)
})

test('a log that the kubelet cannot be asked for is a 500 that says why', async () => {
  await using api = await startHttpsApi()
  await runPod(api, 1)
  const { status, text } = await api.send(Protocol.Http1, { path: `${pods}/p/log?tailLines=1` })
  const url = 'https://127.0.0.1:1/containerLogs/a/p/c?tailLines=1'
  const message = `Get "${url}": dial tcp 127.0.0.1:1: connect: connection refused`
  const { reason, message: said } = JSON.parse(text)
  assert.deepEqual([status, reason, said], [500, undefined, message])
})
