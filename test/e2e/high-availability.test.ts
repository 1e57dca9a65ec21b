import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, afterEach, before, type TestContext, test } from 'node:test'
import type { ConfigMap, Pod } from '../../src/api/types/core.v1.ts'
import { Client } from '../../src/client/clientset.ts'
import { HttpsTransport } from '../../src/client/https-transport.ts'
import { loadKubeconfig } from '../../src/client/kubeconfig.ts'
import { hasEtcd } from '../../src/testing/etcd-server.ts'
import { eventually } from './harness/eventually.ts'
import { navarch } from './harness/navarch.ts'
import { PersistentWriter } from './harness/persistent-writer.ts'
import { ResumingWatch } from './harness/resuming-watch.ts'
import { ServerCluster } from './harness/server-cluster.ts'
import type { ServerProcess } from './harness/server-process.ts'

// Three servers on one etcd behind HAProxy: any of them may die, stop or stand still, and clients lose nothing.

assert.ok(hasEtcd(), 'these tests need etcd and haproxy: tools/setup --test')

const LEASE_MS = 3_000
const TIMES = [
  ...['--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s'],
  ...['--leader-elect-retry-period', '500ms'],
]
/** Of a machine that is busy with other tests, beside what is measured. */
const SLACK_MS = 7_000

/** Of one object from server to server. */
const HANDOVERS = 60
type Maps = Client['configMaps']

let cluster: ServerCluster
before(async () => {
  cluster = await ServerCluster.start(TIMES)
})
after(() => cluster?.[Symbol.asyncDispose]())
afterEach((context) => {
  if ((context as TestContext & { readonly passed: boolean }).passed) return
  for (const { name, log } of cluster.servers) process.stderr.write(`${name}:\n${log.slice(-3000)}\n`)
})

/** Writes and watches while something happens to the servers; nothing may be lost or come twice. */
async function undisturbed(namespace: string, client: Client, happens: () => Promise<void>): Promise<void> {
  await client.namespaces.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace }, spec: {} })
  const { metadata } = await client.configMaps.list({ namespace })
  const stop = { writing: new AbortController(), watching: new AbortController() }
  const writer = new PersistentWriter(client, namespace)
  const watch = new ResumingWatch(client, namespace, metadata.resourceVersion ?? '')
  const watching = watch.run(stop.watching.signal)
  const writing = writer.run(stop.writing.signal)
  try {
    await Promise.race([happens(), watching, writing])
  } finally {
    stop.writing.abort()
    await writing
  }
  const { items } = await client.configMaps.list({ namespace, labelSelector: '' })
  const stored = items.map(({ metadata: { name } }) => name).filter((name) => name.startsWith('write-'))
  assert.deepEqual(stored, writer.acknowledged)
  await eventually(() =>
    assert.deepEqual(
      watch.added.filter((name) => name.startsWith('write-')),
      writer.acknowledged,
    ),
  )
  stop.watching.abort()
  await watching
  assert.ok(writer.acknowledged.length > 0)
}

const withEndpoints = (...servers: readonly ServerProcess[]): Promise<void> =>
  eventually(async () => {
    const wanted = servers.map(({ options }) => options.advertised)
    assert.deepEqual([...(await cluster.endpoints())].sort(), wanted)
  })

test('servers share authorities: any of them answers a client of another, and all are endpoints of kubernetes', async () => {
  for (const { kubeconfig } of cluster.servers) {
    const { kubectl } = cluster
    assert.match(await kubectl.run('get', '--raw', '/readyz', `--kubeconfig=${kubeconfig}`), /ok/)
  }
  await withEndpoints(...cluster.servers)
})

test('what one server wrote, any other changes and deletes at once, whatever its cache shows by then', async () => {
  const connections = await Promise.all(cluster.servers.map(({ kubeconfig }) => loadKubeconfig(kubeconfig)))
  const transports = connections.map((connection) => new HttpsTransport(connection))
  const maps = transports.map((transport) => new Client(transport).configMaps)
  const at = { namespace: 'default', name: 'shared' }
  try {
    for (let round = 0; round < HANDOVERS; round++) {
      const [one, two, three] = [0, 1, 2].map((server) => maps[(round + server) % maps.length]!) as [Maps, Maps, Maps]
      const made = await one.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: at, data: { round: `${round}` } })
      const updated = await two.update({ ...made, data: { by: 'two' } } as ConfigMap) // with the revision that one gave
      const patched = await three.patch(at, { type: 'merge', body: { data: { also: 'three' } } })
      assert.deepEqual(patched.data, { by: 'two', also: 'three' })
      const same = await one.patch(at, { type: 'merge', body: { data: { also: 'three' } } }) // nothing to write
      assert.equal(same.metadata.resourceVersion, patched.metadata.resourceVersion)
      await assert.rejects(two.update({ ...updated, data: {} } as ConfigMap), { code: 409 })
      await three.delete(at)
      await assert.rejects(one.patch(at, { type: 'merge', body: {} }), { code: 404 })
    }
  } finally {
    for (const transport of transports) transport[Symbol.dispose]()
  }
})

test('servers that are killed one after the other cost a client nothing but retries', async () => {
  await undisturbed('killed', cluster.client, async () => {
    for (const server of cluster.servers) {
      await server.kill()
      await server.start()
    }
  })
})

test('a client that knows all servers needs no balancer: it turns to another when its own is killed', async () => {
  await undisturbed('knowing', cluster.knowingClient, async () => {
    for (const server of cluster.servers) {
      await server.kill()
      await server.start()
    }
  })
})

test('a rolling restart costs clients nothing', async () => {
  await undisturbed('rolling', cluster.client, async () => {
    for (const server of cluster.servers) {
      await server.stop()
      await server.start()
    }
  })
})

test('a leader that dies is followed within its lease, and the new one’s controllers and scheduler act', async () => {
  const { kubectl } = cluster
  const [leader, before] = [await eventually(() => cluster.leader()), await cluster.holder()]
  await leader.kill()
  await eventually(async () => assert.notEqual(await cluster.holder(), before), { withinMs: LEASE_MS + SLACK_MS })
  await kubectl.run('create', 'deployment', 'web', '--image=example.org/none:1', '--replicas=3')
  await eventually(async () => {
    const { items } = await kubectl.get<{ items: Pod[] }>('pods', '-l', 'app=web')
    const reasons = items.map(({ status }) => status.conditions?.find(({ type }) => type === 'PodScheduled')?.reason)
    assert.deepEqual(reasons, ['Unschedulable', 'Unschedulable', 'Unschedulable'])
  })
  await withEndpoints(...cluster.servers.filter((server) => server !== leader))
  await leader.start()
  await withEndpoints(...cluster.servers)
})

test('a leader that stands still beyond its lease writes nothing when it goes on', async () => {
  const { kubectl } = cluster
  const pods = async () => (await kubectl.get<{ items: Pod[] }>('pods', '-l', 'app=web')).items
  const [paused, before] = [await eventually(() => cluster.leader()), await cluster.holder()]
  paused.pause()
  await eventually(async () => assert.notEqual(await cluster.holder(), before), { withinMs: LEASE_MS + SLACK_MS })
  const old = new Set((await pods()).map(({ metadata }) => metadata.uid))
  await kubectl.run('delete', 'pods', '-l', 'app=web', '--now') // the new leader makes others; the old one knows nothing
  const renewed = await eventually(async () => {
    const uids = (await pods()).map(({ metadata }) => metadata.uid)
    assert.deepEqual([uids.length, uids.filter((uid) => old.has(uid))], [3, []])
    return uids.sort()
  })
  const { metadata } = await cluster.client.pods.list({ namespace: 'default' })
  paused.resume()
  await eventually(() => assert.ok(hasLine(paused.log, 'stopped leading', 'kube-controller-manager', before)))
  await kubectl.run('create', 'configmap', 'afterwards')
  assert.deepEqual((await pods()).map(({ metadata: { uid } }) => uid).sort(), renewed)
  await assertNoPodsSince(metadata.resourceVersion ?? '')
  assert.notEqual(await cluster.holder(), before)
})

const hasLine = (log: string, ...words: string[]): boolean =>
  log.split('\n').some((line) => words.every((word) => line.includes(word)))

/** No pod has come or gone after the revision. */
async function assertNoPodsSince(resourceVersion: string): Promise<void> {
  const seen: string[] = []
  const events = cluster.client.pods.watch(
    { namespace: 'default', resourceVersion, timeoutSeconds: 2 },
    AbortSignal.timeout(10_000),
  )
  for await (const { type, object } of events) if (type !== 'MODIFIED') seen.push(`${type} ${object.metadata.name}`)
  assert.deepEqual(seen, [])
}

test('no two servers ever led at the same time', () => {
  const terms = cluster.servers.flatMap(({ log }) => termsIn(log, 'kube-controller-manager'))
  const inOrder = terms.sort((left, right) => left.from - right.from)
  assert.ok(inOrder.length >= 4, `${inOrder.length} terms`)
  for (const [index, { from }] of inOrder.entries()) {
    const earlier = inOrder[index - 1]
    if (earlier) assert.ok(from >= earlier.to, `a term began at ${from}, the one before ended at ${earlier.to}`)
  }
})

/** From what a leader says in its log. One that was killed led until at most its lease's end, for all that it knew. */
function termsIn(log: string, lease: string): { readonly from: number; readonly to: number }[] {
  const lines = log.split('\n').filter((line) => line.includes(`"lease":"${lease}"`) && line.includes('leade'))
  const told = lines.map((line) => JSON.parse(line) as { time: string; message: string; identity: string })
  const begun = told.filter(({ message }) => message === 'became leader')
  return begun.map(({ time, identity }) => {
    const end = told.find((line) => line.message === 'stopped leading' && line.identity === identity)
    return { from: Date.parse(time), to: Date.parse(end?.time ?? time) }
  })
}

test('without etcd a server answers what it has, refuses the rest at once with Retry-After, and is not ready', async () => {
  const { etcd, kubectl, servers } = cluster
  const [server] = servers as [ServerProcess]
  const direct = (...args: string[]) => kubectl.attempt([...args, `--kubeconfig=${server.kubeconfig}`])
  await etcd.kill()
  await eventually(async () => {
    const { status, text } = await server.ask('/readyz')
    assert.deepEqual([status, text.includes('[-]etcd failed: reason withheld')], [500, true])
  })
  const cached = await direct('get', '--raw', '/api/v1/namespaces?resourceVersion=0')
  assert.match(cached.stdout, /kube-system/)
  const asked = performance.now()
  const refused = await direct('get', '--raw', '/api/v1/namespaces/default', '--v=8')
  assert.match(refused.stderr, /503|unable to handle the request/)
  assert.ok(performance.now() - asked < 30_000)
  await etcd.start()
  await eventually(async () => assert.equal((await server.ask('/readyz')).status, 200))
  await eventually(() => kubectl.run('create', 'configmap', 'recovered'))
  await withEndpoints(...servers)
})

const wrong: [args: string[], says: RegExp][] = [
  [
    ['--leader-elect-lease-duration', '10s'],
    /leaseDuration must be greater than renewDeadline: --leader-elect-lease-duration is 10000 ms/,
  ],
  [
    ['--leader-elect-retry-period', '2'],
    /invalid argument "2" for "--leader-elect-retry-period" flag: time: missing unit/,
  ],
  [
    ['--advertise-address', '127.0.0.1'],
    /--advertise-address takes the IP address by which nodes .* not '127\.0\.0\.1'/,
  ],
]
for (const [args, says] of wrong) {
  test(`'navarch server ${args.join(' ')}' is refused in one sentence`, async () => {
    const { status, stderr } = await navarch(['server', '--data-dir', '/nonexistent/navarch', ...args])
    assert.equal(status, 2)
    assert.match(stderr, says)
  })
}

test('a server without the cluster’s token is told where to copy it', async () => {
  const { etcd, directory } = cluster
  const stranger = ['--data-dir', join(directory, 'stranger'), '--etcd-servers', etcd.url]
  const { status, stderr } = await navarch(['server', ...stranger])
  assert.equal(status, 1)
  assert.match(
    stderr,
    /this cluster has servers already\. Copy their token to .*stranger\/token, or name it with --token-file/,
  )
})
