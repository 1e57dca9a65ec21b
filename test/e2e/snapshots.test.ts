import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { EtcdServer, hasEtcd } from '../../src/testing/etcd-server.ts'
import { assertSucceeded, startCluster, type TestCluster } from './harness/cluster.ts'
import { navarch } from './harness/navarch.ts'

// State that is never lost: snapshots, restored in place and elsewhere, and moves between a file and etcd.

const skip = hasEtcd() ? false : 'etcd is not installed: tools/setup --test'

const configMaps = async ({ kubectl }: TestCluster): Promise<string[]> =>
  (await kubectl.run('get', 'configmaps', '-o', 'name')).split('\n').filter((name) => /\/cm-/.test(name))

const create = (cluster: TestCluster, name: string): Promise<string> =>
  cluster.kubectl.run('create', 'configmap', name, '--from-literal=a=1')

const snapshotsOf = (cluster: TestCluster): string[] => readdirSync(join(cluster.dataDir, 'snapshots'))

const start = async (cluster: TestCluster, ...args: string[]): Promise<void> => {
  assertSucceeded(await cluster.navarch('up', '-d', '--no-node', ...args))
}

test('a snapshot of a running cluster is restored: what came later is gone, and clients are told to list again', async () => {
  await using cluster = await startCluster({ node: false })
  await create(cluster, 'cm-before')
  const saved = JSON.parse(assertSucceeded(await cluster.navarch('snapshot save', '-o', 'json'))) as { name: string }
  assert.deepEqual(snapshotsOf(cluster), [saved.name])
  await create(cluster, 'cm-later')
  const listed = await cluster.kubectl.run('get', '--raw', '/api/v1/configmaps?limit=1')
  const seen = (JSON.parse(listed) as { metadata: { resourceVersion: string } }).metadata.resourceVersion

  const running = await cluster.navarch('snapshot restore', saved.name, '--force')
  assert.match(running.stderr, /a Navarch runs the cluster in .* Stop it with 'navarch down' first/)
  assertSucceeded(await cluster.navarch('down'))
  const unforced = await cluster.navarch('snapshot restore', saved.name)
  assert.equal(unforced.status, 1)
  assert.match(unforced.stderr, /there is a state already: .*state\.db\. Say --force to replace it/)
  const restored = assertSucceeded(await cluster.navarch('snapshot restore', saved.name, '--force'))
  assert.ok(existsSync(/what was there is kept: (\S+)/.exec(restored)?.[1] ?? ''), restored)

  await start(cluster)
  assert.deepEqual(await configMaps(cluster), ['configmap/cm-before'])
  const watch = await cluster.kubectl.run(
    ...['get', '--raw', `/api/v1/configmaps?watch=1&resourceVersion=${seen}&timeoutSeconds=5`],
  )
  assert.match(watch, /"code":410/)
})

test('a damaged database is named with the remedy, which repairs the cluster', async () => {
  await using cluster = await startCluster({ node: false })
  await create(cluster, 'cm-kept')
  assertSucceeded(await cluster.navarch('snapshot save'))
  assertSucceeded(await cluster.navarch('down'))
  const file = join(cluster.dataDir, 'state.db')
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.fill(0xff, 4_096, 5 * 4_096))
  const { status, stderr } = await cluster.navarch('up', '-d', '--no-node')
  assert.equal(status, 1)
  assert.match(stderr, /state\.db is damaged .*'navarch snapshot restore FILE --force'/)
  assert.deepEqual(readFileSync(file), bytes)
  assertSucceeded(await cluster.navarch('snapshot restore', snapshotsOf(cluster)[0] ?? '', '--force'))
  await start(cluster)
  assert.deepEqual(await configMaps(cluster), ['configmap/cm-kept'])
})

test('snapshots are listed, looked through and pruned', async () => {
  await using cluster = await startCluster({ node: false })
  for (const name of ['cm-1', 'cm-2', 'cm-3']) {
    await create(cluster, name)
    assertSucceeded(await cluster.navarch('snapshot save', '--label', 'try'))
  }
  const names = snapshotsOf(cluster).sort()
  const list = assertSucceeded(await cluster.navarch('snapshot list'))
  assert.match(list, /NAME +MADE +REVISION +SIZE/)
  for (const name of names) assert.ok(list.includes(name))
  assert.match(assertSucceeded(await cluster.navarch('snapshot verify')), /state\.db is sound/)
  const file = join(cluster.dataDir, 'snapshots', names[0] ?? '')
  assert.match(assertSucceeded(await cluster.navarch('snapshot verify', file)), /is whole: sqlite, revision \d+/)
  writeFileSync(file, readFileSync(file).subarray(0, -1))
  assert.match(
    (await cluster.navarch('snapshot verify', file)).stderr,
    /cannot be used: it is not whole, or was changed/,
  )
  assertSucceeded(await cluster.navarch('snapshot prune', '--keep', '1'))
  assert.equal(snapshotsOf(cluster).length, 1)
})

test('a cluster moves from a file to etcd and back, with everything', { skip }, async () => {
  await using server = await EtcdServer.start()
  await using cluster = await startCluster({ node: false, args: ['--simulated-nodes', '1'] })
  const { kubectl } = cluster
  await create(cluster, 'cm-1')
  await kubectl.run('create', 'deployment', 'web', '--image=example.org/anything:1', '--replicas=2')
  await kubectl.run('rollout', 'status', 'deployment/web', '--timeout=60s')
  const versionOf = async () => Number(await kubectl.valueOf('configmap/cm-1', '.metadata.resourceVersion'))
  const uid = await kubectl.valueOf('configmap/cm-1', '.metadata.uid')
  const first = await versionOf()
  assertSucceeded(await cluster.navarch('down'))

  const etcd = ['--etcd-servers', server.url, '--etcd-prefix', '/moved']
  const moved = assertSucceeded(await cluster.navarch('migrate', '--to', 'etcd', ...etcd))
  assert.match(moved, /\d+ objects are in etcd below \/moved, and the cluster uses them/)
  assert.ok(!existsSync(join(cluster.dataDir, 'state.db')))
  await start(cluster, '--simulated-nodes', '1')
  assert.equal(await kubectl.valueOf('configmap/cm-1', '.metadata.uid'), uid)
  const second = await versionOf()
  assert.ok(second > first, `the resourceVersion went from ${first} to ${second}`)
  await create(cluster, 'cm-2')
  assertSucceeded(await cluster.navarch('snapshot save'))
  assertSucceeded(await cluster.navarch('down'))

  assertSucceeded(await cluster.navarch('migrate', '--to', 'sqlite'))
  await start(cluster, '--simulated-nodes', '1')
  assert.deepEqual(await configMaps(cluster), ['configmap/cm-1', 'configmap/cm-2'])
  assert.ok((await versionOf()) > second)
  assertSucceeded(await cluster.navarch('down'))

  const [snapshot = ''] = snapshotsOf(cluster)
  const other = ['--etcd-servers', server.url, '--etcd-prefix', '/restored', '--snapshot-prefix', '/moved']
  assertSucceeded(await cluster.navarch('snapshot restore', snapshot, ...other, '--bump-revision', '10'))
  const again = await cluster.navarch(
    'migrate',
    '--to',
    'etcd',
    '--etcd-servers',
    server.url,
    '--etcd-prefix',
    '/restored',
  )
  assert.match(again.stderr, /the target is not empty/)
})

const wrong: [args: string[], says: RegExp][] = [
  [['migrate', '--to', 'disk'], /--to takes 'etcd' or 'sqlite', not 'disk'/],
  [['migrate', '--to', 'etcd'], /there is no state in .*state\.db/],
  [['migrate', '--to', 'sqlite'], /has no etcd\. Name the one to move from with --etcd-servers/],
  [['snapshot', 'restore'], /one snapshot's file must be named/],
  [['snapshot', 'restore', 'nothing'], /there is no snapshot nothing/],
  [['snapshot', 'save'], /there is no state in .*state\.db/],
  [['snapshot', 'save', '--label', 'A b'], /--label takes lower-case letters, digits and '-', not 'A b'/],
  [['snapshot', 'prune'], /how many are kept must be said: --keep N/],
  [['up', '--no-node', '--snapshot-schedule', 'often'], /--snapshot-schedule takes a cron line .* not 'often'/],
]
for (const [args, says] of wrong) {
  test(`'navarch ${args.join(' ')}' without a cluster is refused in one sentence`, async () => {
    const { status, stderr } = await navarch([...args, '--data-dir', '/nonexistent/navarch'])
    assert.notEqual(status, 0)
    assert.match(stderr, says)
    assert.equal(stderr.trim().split('\n').length, 1)
  })
}
