import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { loadOrCreatePki } from '../../apiserver/pki/pki.ts'
import { systemClock } from '../../base/clock.ts'
import { MemoryStore } from '../../store/memory/memory-store.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { readConfig } from './cluster-config.ts'
import { joinCluster } from './join-cluster.ts'
import { clusterPaths } from './paths.ts'
import { TokenFile } from './token-file.ts'

const CONFIG: ClusterConfig = { formatVersion: 1, port: 6443, instance: 2 }

/** Hosts whose servers share one store. */
async function withHosts(use: (host: (name: string) => ReturnType<typeof hostIn>) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-join-'))
  const store = new MemoryStore({ clock: systemClock })
  try {
    await use((name) => hostIn(join(directory, name), store))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function hostIn(root: string, store: MemoryStore) {
  const paths = clusterPaths(root)
  const tokenFile = new TokenFile(join(root, 'token'))
  mkdirSync(root, { recursive: true })
  return {
    paths,
    tokenFile,
    join: (config: ClusterConfig = CONFIG) => joinCluster({ store, paths, config, tokenFile, clock: systemClock }),
    give: (token: string) => {
      mkdirSync(dirname(tokenFile.path), { recursive: true })
      writeFileSync(tokenFile.path, token)
    },
    key: () => readFileSync(join(paths.pki, 'ca.key'), 'utf8'),
  }
}

test('the first server makes the token and the authorities, and the others get them with the token', async () => {
  await withHosts(async (host) => {
    const [first, second] = [host('a'), host('b')]
    await first.join()
    assert.equal(statSync(first.tokenFile.path).mode & 0o777, 0o600)
    second.give(first.tokenFile.read() as string)
    const joined = await second.join({ ...CONFIG, instance: 0 })
    assert.deepEqual([second.key(), joined.instance, readConfig(second.paths)?.instance], [first.key(), 2, 2])
    const [one, two] = await Promise.all(
      [first, second].map(({ paths }) => loadOrCreatePki(paths.pki, { clock: systemClock, hosts: [] })),
    )
    assert.equal(one?.authority('ca'), two?.authority('ca'))
    assert.equal(one?.serviceAccountKey, two?.serviceAccountKey)
    assert.equal(await second.join().then(({ instance }) => instance), 2)
  })
})

test('servers that are the first at the same time agree on one of them', async () => {
  await withHosts(async (host) => {
    const hosts = ['a', 'b', 'c'].map(host)
    for (const { give } of hosts) give('the token that they were given')
    await Promise.all(hosts.map((each) => each.join()))
    assert.equal(new Set(hosts.map((each) => each.key())).size, 1)
  })
})

test('a cluster that was one server’s keeps its authorities', async () => {
  await withHosts(async (host) => {
    const first = host('a')
    const pki = await loadOrCreatePki(first.paths.pki, { clock: systemClock, hosts: [] })
    await first.join()
    assert.equal(pki.authority('ca'), readFileSync(join(first.paths.pki, 'ca.crt'), 'utf8'))
  })
})

test('without the token, with a wrong or a weak one, nothing is changed and the remedy is named', async () => {
  await withHosts(async (host) => {
    await host('a').join()
    const stranger = host('b')
    await assert.rejects(
      stranger.join(),
      /^UsageError: this cluster has servers already\. Copy their token to .*b\/token/,
    )
    stranger.give('another cluster’s token')
    await assert.rejects(stranger.join(), /^UsageError: the token in .*b\/token is not this cluster's\. Copy/)
    stranger.give('short')
    await assert.rejects(stranger.join(), /^UsageError: the token in .* has 5 characters and needs 16 at least/)
    assert.deepEqual([existsSync(stranger.paths.pki), existsSync(stranger.paths.config)], [false, false])
  })
})

test('a data directory of another cluster is refused', async () => {
  await withHosts(async (host) => {
    const [first, other] = [host('a'), host('b')]
    await first.join()
    await loadOrCreatePki(other.paths.pki, { clock: systemClock, hosts: [] })
    const key = other.key()
    other.give(first.tokenFile.read() as string)
    await assert.rejects(other.join(), /has ca\.key of another cluster than the one in etcd\. Name another --data-dir/)
    assert.equal(other.key(), key)
  })
})
