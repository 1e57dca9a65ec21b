import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { RequestOptions } from 'node:https'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import { type TestCertificate, testAuthority } from '../../testing/certificates.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { podOf } from '../../testing/kubelet-builders.ts'
import { type StreamingServer, startStreamingServer } from '../../testing/streaming-server.ts'
import type { ContainerRuntime } from '../cri/container-runtime.ts'
import { KubeletAccess } from './access.ts'
import type { HealthCheck, KubeletHandlers } from './handlers.ts'
import { ContainerUnavailable } from './handlers.ts'
import { KubeletServer } from './kubelet-server.ts'

const WAITING = 'container "later" in pod "web" is waiting to start: ContainerCreating'
const LINE = '2026-01-01T00:00:00.000000000Z stdout F hello\n'

const clock = new FakeClock()
const authority = await testAuthority()
const apiServer = await authority.issue({ commonName: 'kube-apiserver-kubelet-client', organizations: ['ops'] }, [
  'client',
])
const stranger = await authority.issue({ commonName: 'eve' }, ['client'])
const health: Record<string, HealthCheck> = { ping: () => undefined }
let directory: string
let server: KubeletServer
let streaming: StreamingServer

/** `kube-apiserver-kubelet-client` may do everything, the token `good` belongs to someone who may read metrics only. */
const reviewer = {
  tokenReviews: {
    create: async ({ spec }: { spec: { token: string } }) =>
      spec.token === 'good' ? { status: { authenticated: true, user: { username: 'metrics' } } } : { status: {} },
  },
  subjectAccessReviews: {
    create: async ({ spec }: { spec: { user: string; resourceAttributes: { subresource: string } } }) => {
      const isAdministrator = spec.user === 'kube-apiserver-kubelet-client'
      const allowed = isAdministrator || (spec.user === 'metrics' && spec.resourceAttributes.subresource === 'metrics')
      return { status: { allowed } }
    },
  },
} as unknown as Client

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'navarch-kubelet-'))
  const logPath = join(directory, '0.log')
  await writeFile(logPath, LINE)
  // The runtime's end of every session: greets on the first stream and hangs up.
  streaming = await startStreamingServer(({ socket }) => void socket.end('hello'))
  const runtime = { exec: async () => streaming.url, attach: async () => streaming.url } as unknown as ContainerRuntime
  const handlers: KubeletHandlers = {
    pods: () => [podOf()],
    findPod: (namespace, name) => (namespace === 'default' && name === 'web' ? podOf() : undefined),
    node: () => undefined,
    runtime,
    healthChecks: health,
    async findContainer(_pod, name) {
      if (name === 'later') throw new ContainerUnavailable(WAITING)
      return { id: 'c1', running: false, logPath, tty: false, stdin: false }
    },
    findSandbox: async () => 's1',
  }
  server = await KubeletServer.listen({
    address: '127.0.0.1',
    port: 0,
    tls: { ...(await authority.issue({ commonName: 'node' }, ['server'])), ca: authority.ca },
    handlers,
    access: new KubeletAccess({ client: reviewer, nodeName: 'node', clock }),
    nodeName: 'node',
    clock,
    log: silentLogger,
  })
})

after(async () => {
  await server[Symbol.asyncDispose]()
  await streaming[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

interface Caller {
  readonly certificate?: TestCertificate
  readonly token?: string
  readonly method?: string
}

function optionsFor(path: string, { certificate, token, method = 'GET' }: Caller): RequestOptions {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const { port } = server
  return { host: '127.0.0.1', port, path, method, ca: authority.ca, agent: false, headers, ...certificate }
}

async function ask(path: string, caller: Caller = { certificate: apiServer }) {
  const call = request(optionsFor(path, caller)).end()
  const [response] = await once(call, 'response')
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  return { status: response.statusCode, text }
}

const forbidden = (user: string, verb: string, subresources: string): string =>
  `Forbidden (user=${user}, verb=${verb}, resource=nodes, subresource(s)=[${subresources}])`

const answers: readonly (readonly [what: string, path: string, caller: Caller, status: number, text: string])[] = [
  ['nobody', '/pods', {}, 401, 'Unauthorized'],
  ['nobody who asks for health', '/healthz', {}, 401, 'Unauthorized'],
  ['a bad token', '/pods', { token: 'bad' }, 401, 'Unauthorized'],
  ['a stranger', '/pods', { certificate: stranger }, 403, forbidden('eve', 'get', 'pods proxy')],
  [
    'a reader of metrics who runs a command',
    '/run/default/web/main',
    { token: 'good', method: 'POST' },
    403,
    forbidden('metrics', 'create', 'proxy'),
  ],
  ['one who is allowed', '/healthz', { certificate: apiServer }, 200, 'ok'],
  ['one who asks for what is not there', '/nowhere', { certificate: apiServer }, 404, '404 page not found'],
  ['one who forgets to upgrade', '/exec/default/web/main', { certificate: apiServer }, 400, 'Upgrade request required'],
  ['one who reads a log', '/containerLogs/default/web/main', { certificate: apiServer }, 200, 'hello\n'],
  ['one who reads a log too early', '/containerLogs/default/web/later', { certificate: apiServer }, 400, WAITING],
  [
    'one who reads the log of no pod',
    '/containerLogs/default/none/main',
    { certificate: apiServer },
    404,
    'pods "none" not found',
  ],
]

for (const [what, path, caller, status, text] of answers) {
  test(`the kubelet answers ${what} with ${status}`, async () => {
    assert.deepEqual(await ask(path, caller), { status, text })
  })
}

test('a certificate of another authority is none', async () => {
  const other = await (await testAuthority()).issue({ commonName: 'kube-apiserver-kubelet-client' }, ['client'])
  assert.deepEqual(await ask('/pods', { certificate: other }), { status: 401, text: 'Unauthorized' })
})

test('an allowed token reads metrics, and the answer is remembered', async () => {
  for (const _time of [1, 2]) assert.equal((await ask('/metrics', { token: 'good' })).status, 200)
})

test('pods are listed as the API lists them', async () => {
  const { kind, apiVersion, items } = JSON.parse((await ask('/pods')).text)
  assert.deepEqual([kind, apiVersion, items[0].metadata.name], ['PodList', 'v1', 'web'])
})

test('a health check that fails is named', async () => {
  health.runtime = () => 'containerd is gone'
  const text = '[+]ping ok\n[-]runtime failed: containerd is gone\nhealthz check failed\n'
  assert.deepEqual(await ask('/healthz'), { status: 500, text })
  delete health.runtime
})

const upgradeHeaders = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' }

test('a SPDY client is joined to the runtime, whose sub-protocol it is told', async () => {
  const options = optionsFor('/exec/default/web/main?command=ls&output=1', { certificate: apiServer, method: 'POST' })
  const call = request({ ...options, headers: upgradeHeaders }).end()
  const [response, socket, head] = await once(call, 'upgrade')
  let text = head.toString()
  for await (const chunk of socket) text += chunk
  assert.deepEqual([response.headers['x-stream-protocol-version'], text], ['v4.channel.k8s.io', 'hello'])
})

test('an upgrade for a container that does not run yet is refused with the reason', async () => {
  const options = optionsFor('/exec/default/web/later?command=ls', { certificate: apiServer, method: 'POST' })
  const call = request({ ...options, headers: upgradeHeaders }).end()
  const [response] = await once(call, 'response')
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) text += chunk
  assert.deepEqual([response.statusCode, text], [400, WAITING])
})
