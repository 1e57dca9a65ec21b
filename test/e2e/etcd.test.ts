import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { EtcdServer, hasEtcd } from '../../src/testing/etcd-server.ts'
import { assertSucceeded, startCluster, TestCluster } from './harness/cluster.ts'
import { outputOf } from './harness/command.ts'
import { eventually } from './harness/eventually.ts'
import { freePort } from './harness/free-port.ts'
import { navarch } from './harness/navarch.ts'
import { RunningCommand } from './harness/running-command.ts'

// A cluster whose state is in etcd: as upstream's API server has it there, and surviving what etcd goes through.

assert.ok(hasEtcd(), 'these tests need etcd: tools/setup --test')

let server: EtcdServer
before(async () => {
  server = await EtcdServer.start()
})
after(() => server[Symbol.asyncDispose]())

const startOnEtcd = (...args: string[]): Promise<TestCluster> =>
  startCluster({ node: false, args: ['--etcd-servers', server.url, ...args] })

const etcdctl = (...args: string[]): Promise<string> => outputOf('etcdctl', ['--endpoints', server.url, ...args])

test('objects lie in etcd where and as upstream has them; the choice of etcd is kept', async () => {
  await using cluster = await startOnEtcd('--etcd-prefix', '/one', '--simulated-nodes', '1')
  const { kubectl } = cluster
  await kubectl.run('create', 'deployment', 'web', '--image=example.org/anything:1', '--replicas=2')
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=60s')
  const keys = (await etcdctl('get', '/one/', '--prefix', '--keys-only')).split('\n')
  for (const key of [
    'deployments/default/web',
    'minions/simulated-0',
    'services/specs/default/kubernetes',
    'namespaces/default',
  ]) {
    assert.ok(
      keys.some((there) => there.startsWith(`/one/${key}`)),
      `${key} is missing in ${keys.join(' ')}`,
    )
  }
  const value = await etcdctl('get', '/one/deployments/default/web', '--print-value-only')
  assert.ok(value.startsWith('k8s\0'))
  assert.ok(!existsSync(join(cluster.dataDir, 'state.db')))

  assertSucceeded(await cluster.navarch('down'))
  assertSucceeded(await cluster.navarch('up', '-d', '--no-node'))
  assert.equal(await kubectl.valueOf('deployment/web', '.metadata.name'), 'web')
})

test('the API answers again when etcd does, with everything that was acknowledged', async () => {
  await using cluster = await startOnEtcd('--etcd-prefix', '/two')
  const { kubectl } = cluster
  using watch = new RunningCommand([
    ...['kubectl', '--kubeconfig', cluster.kubeconfig, 'get', 'configmaps', '-w', '-o', 'name'],
  ])
  await kubectl.run('create', 'configmap', 'before', '--from-literal=a=1')
  await watch.until(/configmap\/before/)
  await server.kill()
  assert.match(
    await kubectl.refusal(['create', 'configmap', 'lost', '--from-literal=a=1']),
    /etcd cannot be reached|unknown/,
  )
  assert.match((await cluster.navarch('status')).stdout, /not healthy: .*etcd/)
  await server.start()
  await eventually(() => kubectl.run('create', 'configmap', 'after', '--from-literal=a=1'), { withinMs: 20_000 })
  assert.equal(await kubectl.valueOf('configmap/before', '.data.a'), '1')
  assert.equal((await cluster.status()).components.find(({ name }) => name === 'apiserver')?.healthy, true)
  await watch.until(/configmap\/after/)
})

test('an etcd that is not there is named before anything starts', async () => {
  const cluster = new TestCluster(await freePort(), { node: false, args: ['--etcd-servers', 'http://127.0.0.1:1'] })
  const { status, stderr } = await cluster.up()
  assert.equal(status, 1)
  assert.match(stderr, /etcd cannot be reached at http:\/\/127\.0\.0\.1:1: .*ECONNREFUSED/)
  await cluster[Symbol.asyncDispose]()
})

test('a cluster with its state in a file does not silently begin anew in etcd', async () => {
  await using cluster = await startCluster({ node: false })
  assertSucceeded(await cluster.navarch('down'))
  const { status, stderr } = await cluster.navarch('up', '-d', '--no-node', '--etcd-servers', server.url)
  assert.equal(status, 1)
  assert.match(stderr, /has its state in .*state\.db\. Move it with 'navarch migrate --to etcd/)
})

const wrong: [args: string[], says: RegExp][] = [
  [['--etcd-cafile', 'x'], /--etcd-cafile needs --etcd-servers/],
  [['--etcd-servers', 'ftp://x'], /--etcd-servers takes https:\/\/HOST:PORT or http:\/\/HOST:PORT, not 'ftp:\/\/x'/],
  [['--etcd-servers', 'https://x', '--etcd-certfile', 'c'], /--etcd-certfile and --etcd-keyfile belong together/],
  [['--etcd-servers', 'https://x', '--etcd-prefix', '/'], /--etcd-prefix must not be empty/],
]
for (const [args, says] of wrong) {
  test(`'navarch up ${args.join(' ')}' is refused in one sentence`, async () => {
    const { status, stderr } = await navarch(['up', '--no-node', '--data-dir', '/nonexistent/navarch', ...args])
    assert.equal(status, 2)
    assert.match(stderr, says)
  })
}
