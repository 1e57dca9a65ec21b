import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, type TestContext, test } from 'node:test'
import type { Node, Pod } from '../../src/api/types/core.v1.ts'
import { hasEtcd } from '../../src/testing/etcd-server.ts'
import { AgentCluster } from './harness/agent-cluster.ts'
import type { AgentProcess } from './harness/agent-process.ts'
import { assertSucceeded } from './harness/cluster.ts'
import { eventually } from './harness/eventually.ts'
import type { Kubectl, Manifest } from './harness/kubectl.ts'
import { navarch } from './harness/navarch.ts'
import type { ServerProcess } from './harness/server-process.ts'
import { TEST_IMAGE } from './harness/test-image.ts'

// Nodes that join a cluster of two servers: each on a host of its own, with containers of its own.

assert.ok(hasEtcd(), 'these tests need etcd: tools/setup --test')

let cluster: AgentCluster
let first: ServerProcess
let second: ServerProcess
let nodes: readonly AgentProcess[]
before(async () => {
  cluster = await AgentCluster.start()
  ;[first, second] = cluster.servers as [ServerProcess, ServerProcess]
  nodes = cluster.agents
})
after(() => cluster?.[Symbol.asyncDispose]())
afterEach((context) => {
  if (!(context as TestContext & { readonly passed: boolean }).passed) process.stderr.write(`${cluster.report()}\n`)
})

const through = (server: ServerProcess): Kubectl => cluster.kubectl(server)
const notReady = async (kubectl: Kubectl): Promise<string[]> => {
  const { items } = await kubectl.get<{ items: Node[] }>('nodes')
  const isReady = ({ status }: Node) => status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True')
  return items.filter((node) => !isReady(node)).map(({ metadata }) => metadata.name)
}
const pods = async (kubectl: Kubectl): Promise<Pod[]> => (await kubectl.get<{ items: Pod[] }>('pods')).items

function web(replicas: number): Manifest[] {
  const selector = { app: 'web' }
  const spread = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'DoNotSchedule',
    labelSelector: { matchLabels: selector },
  }
  const container = {
    name: 'main',
    image: TEST_IMAGE,
    command: ['sh', '-c', 'hostname > /www/index.html; echo serving; exec httpd -f -p 8080 -h /www'],
    readinessProbe: { httpGet: { port: 8080 }, periodSeconds: 1 },
  }
  const spec = { terminationGracePeriodSeconds: 0, topologySpreadConstraints: [spread], containers: [container] }
  return [
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas,
        selector: { matchLabels: selector },
        template: { metadata: { labels: selector }, spec },
      },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { selector, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ]
}

test('a host that cannot join says why, and ends', async () => {
  const [agent] = nodes as [AgentProcess]
  const token = assertSucceeded(await navarch(['token', 'create', '--data-dir', first.dataDir, '--ttl', '5m'])).trim()
  const file = join(cluster.directory, 'bad-token')
  const good = ['--server', cluster.url(first), '--token-file', file]
  const cases: [what: string, token: string, words: readonly string[], want: RegExp][] = [
    ['a wrong secret', token.replace(/\.\w{4}/, '.aaaa'), good, /the token \w{6} is wrong/],
    [
      'an unknown token',
      token.replace(/::\w{6}/, '::aaaaaa'),
      good,
      /knows no token aaaaaa: it is wrong or has expired/,
    ],
    [
      'another authority',
      token.replace(/sha256:.{4}/, 'sha256:0000'),
      good,
      /is not the cluster that the token is for/,
    ],
    ['no authority', token.split('::')[1] as string, good, /does not say by what to know the cluster/],
    [
      'nobody there',
      token,
      [...good, '--server', 'https://127.0.0.1:1'].slice(2),
      /no server of the cluster can be reached/,
    ],
  ]
  for (const [what, text, words, want] of cases) {
    writeFileSync(file, text)
    const { status, stderr } = await agent.navarch('agent', ...words)
    assert.equal(status, 1, what)
    assert.match(stderr, want)
    assert.equal(stderr.trim().split('\n').length, 1, stderr)
  }
})

test('hosts join with a token, become Ready, and hear of the server that they were not told of', async () => {
  await cluster.join()
  await eventually(async () => assert.deepEqual(await notReady(through(second)), []))
  const { items } = await through(first).get<{ items: Node[] }>('nodes')
  assert.deepEqual(items.map(({ metadata }) => metadata.name).sort(), ['node-0', 'node-1'])
  const known = ({ dataDir }: AgentProcess) =>
    JSON.parse(readFileSync(join(dataDir, 'servers.json'), 'utf8')) as string[]
  await eventually(() => {
    for (const node of nodes)
      assert.deepEqual(known(node).sort(), cluster.servers.map((one) => cluster.url(one)).sort())
  })
})

test('the name of a node that is Ready is not given to another host', async () => {
  const [one, other] = nodes as [AgentProcess, AgentProcess]
  const directory = join(cluster.directory, 'third')
  const words = ['--server', cluster.url(first), '--token-file', cluster.tokenFile, '--node-name', other.name]
  const { status, stderr } = await one.navarch('agent', ...words, '--data-dir', directory)
  assert.equal(status, 1)
  assert.match(stderr, /has a node node-1 already, and it is Ready/)
})

test('pods of both nodes reach each other, Services and names, and either server shows what they say', async () => {
  await through(first).apply(...web(4))
  await through(first).run('rollout', 'status', 'deployment/web', '--timeout=60s')
  const all = await pods(through(first))
  assert.equal(new Set(all.map(({ spec }) => spec.nodeName)).size, 2)
  for (const { metadata } of all) {
    const server = metadata.name === all[0]?.metadata.name ? first : second
    const asked = all.map(({ status }) => `http://${status.podIP}:8080`)
    const answers = await through(server).run('exec', metadata.name, '--', 'curl', '-sS', '-m', '5', ...asked)
    assert.deepEqual(
      answers.split('\n'),
      all.map((pod) => pod.metadata.name),
    )
  }
  const names = new Set(all.map(({ metadata }) => metadata.name))
  const from = all[0]?.metadata.name as string
  await eventually(async () => {
    const answers = await through(second).run(
      ...['exec', from, '--', 'sh', '-c', 'for i in 1 2 3 4 5 6 7 8; do curl -sS -m 5 http://web; done'],
    )
    for (const name of answers.split('\n'))
      assert.ok(names.delete(name) || all.some((pod) => pod.metadata.name === name))
    assert.deepEqual([...names], [])
  })
  const version = ['curl', '-sSk', '-m', '5', 'https://kubernetes.default.svc/version']
  assert.match(await through(first).run('exec', from, '--', ...version), /"major": "1"/)
  for (const server of cluster.servers) assert.equal(await through(server).run('logs', from), 'serving')
})

test('a claim is given a directory of the node where its pod runs', async () => {
  const kubectl = through(second)
  const [, node] = nodes as [AgentProcess, AgentProcess]
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
  }
  const container = {
    name: 'main',
    image: TEST_IMAGE,
    command: ['sh', '-c', 'echo kept > /data/file; exec sleep 1000000'],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  }
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
  const spec = {
    nodeSelector: { 'kubernetes.io/hostname': node.name },
    terminationGracePeriodSeconds: 0,
    containers: [container],
    volumes,
  }
  await kubectl.apply(claim, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'keeper' }, spec })
  await kubectl.run('wait', '--for=condition=Ready', 'pod/keeper', '--timeout=60s')
  const volume = await kubectl.valueOf('pvc/data', '.spec.volumeName')
  const file = join(node.dataDir, 'volumes', volume, 'file')
  await eventually(() => assert.equal(readFileSync(file, 'utf8'), 'kept\n'))
  await kubectl.run('delete', 'pod/keeper', 'pvc/data')
  await eventually(() => assert.ok(!existsSync(file)))
})

/** Which containers run, and how often each was started. */
async function containers(kubectl: Kubectl): Promise<string[]> {
  const all = await pods(kubectl)
  return all.flatMap(({ status }) =>
    (status.containerStatuses ?? []).map(({ containerID, restartCount }) => `${containerID} ${restartCount}`),
  )
}

const renewals = async (kubectl: Kubectl): Promise<Record<string, string>> => {
  const leases = await kubectl.get<{ items: { metadata: { name: string }; spec: { renewTime: string } }[] }>(
    ...['leases', '-n', 'kube-node-lease'],
  )
  return Object.fromEntries(leases.items.map(({ metadata, spec }) => [metadata.name, spec.renewTime]))
}

test('when the server that they speak to is killed, nodes go on with the other', async () => {
  const kubectl = through(second)
  const [before, renewed] = [await containers(kubectl), await renewals(kubectl)]
  await first.kill()
  await kubectl.run('scale', 'deployment/web', '--replicas=6')
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=60s')
  await eventually(async () => {
    const now = await renewals(kubectl)
    for (const { name } of nodes) assert.notEqual(now[name], renewed[name])
  })
  assert.deepEqual(await notReady(kubectl), [])
  const after = await containers(kubectl)
  assert.deepEqual(
    before.filter((container) => !after.includes(container)),
    [],
  )
  const [pod] = await pods(kubectl)
  assert.equal(await kubectl.run('logs', pod?.metadata.name as string), 'serving')
})

test('a node that is killed, and one that is stopped, start again by themselves and find their containers', async () => {
  const kubectl = through(second) // the server with which they joined is still dead
  const [one, other] = nodes as [AgentProcess, AgentProcess]
  const before = await containers(kubectl)
  await one.kill()
  assert.equal(await other.stop(), 0)
  await Promise.all(nodes.map((node) => node.start()))
  await eventually(async () => assert.deepEqual(await notReady(kubectl), []))
  assert.deepEqual(await containers(kubectl), before)
  const [pod] = await pods(kubectl)
  const asked = (await pods(kubectl)).map(({ status }) => `http://${status.podIP}:8080`)
  await kubectl.run('exec', pod?.metadata.name as string, '--', 'curl', '-sSf', '-m', '5', ...asked)
})

test('down ends the containers of a node, and delete leaves nothing', async () => {
  const [one] = nodes as [AgentProcess]
  assertSucceeded(await one.navarch('down'))
  await Promise.all(nodes.map((node) => node.delete()))
  await eventually(async () => assert.deepEqual(await cluster.leftovers(), []), { withinMs: 10_000 })
})
