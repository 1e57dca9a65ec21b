import { existsSync, renameSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { EtcdSource } from '../store/etcd/etcd-source.ts'
import { EtcdStore } from '../store/etcd/etcd-store.ts'
import { raiseEtcdRevision } from '../store/etcd/raise-revision.ts'
import { buildDatabase, discardDatabase } from '../store/snapshots/build-database.ts'
import { StateExists } from '../store/snapshots/restore-snapshot.ts'
import { syncPath } from '../store/snapshots/sync-path.ts'
import { lockFile } from '../store/sqlite/file-lock.ts'
import { incomingFile, replaceDatabase } from '../store/sqlite/replacement.ts'
import { SqliteSource } from '../store/sqlite/sqlite-source.ts'
import { copyState } from '../store/transfer/copy-state.ts'
import { ensureConfig, readConfig, storeOf, writeConfig } from './cluster/cluster-config.ts'
import { type EtcdConfig, readTls, type StoreChoice } from './cluster/cluster-store.ts'
import { connectEtcd, etcdForm } from './cluster/etcd-access.ts'
import { type ClusterPaths, clusterPaths, dataDirectory } from './cluster/paths.ts'
import { etcdConfigOf } from './etcd-options.ts'
import type { Given } from './options.ts'
import { ProgressLine } from './progress-line.ts'
import { copyOptions } from './snapshot-restore.ts'
import { explained } from './state-fault.ts'
import { fileStamp, requireStopped } from './stopped-cluster.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  requireStopped(paths)
  const to = given.text('to')
  const etcd = etcdConfigOf(given)
  if (to === 'etcd') return explained(() => toEtcd(paths, fileFrom(given, paths), etcd))
  if (to === 'sqlite') return explained(() => toFile(paths, etcdFrom(given, paths, etcd)))
  throw new UsageError(`--to takes 'etcd' or 'sqlite'${to === undefined ? '' : `, not '${to}'`}.`, { exitCode: 2 })
}

/** The database that is the source: the cluster's own, or the one that --from names. */
function fileFrom(given: Given, paths: ClusterPaths): string {
  const from = given.text('from')
  if (from !== undefined && !/^sqlite(:|$)/.test(from)) {
    throw new UsageError(`--from takes 'sqlite' or 'sqlite:FILE' here, not '${from}'.`, { exitCode: 2 })
  }
  const named = from?.slice('sqlite:'.length)
  const file = named ? resolve(named) : paths.database
  if (!existsSync(file)) throw new UsageError(`there is no state in ${file}. Name it with --from sqlite:FILE.`)
  return file
}

/** The etcd that is the source: the one that the options name, or the cluster's own. */
function etcdFrom(given: Given, paths: ClusterPaths, named: EtcdConfig | undefined): EtcdConfig {
  const from = given.text('from')
  if (from !== undefined && from !== 'etcd') {
    throw new UsageError(`--from takes 'etcd' here, not '${from}'; its servers are named by --etcd-servers.`, {
      exitCode: 2,
    })
  }
  const own: StoreChoice = storeOf(paths, readConfig(paths) ?? {})
  const etcd = named ?? ('etcd' in own ? own.etcd : undefined)
  if (etcd) return etcd
  throw new UsageError(`the cluster in ${paths.root} has no etcd. Name the one to move from with --etcd-servers.`)
}

async function toEtcd(paths: ClusterPaths, file: string, etcd: EtcdConfig | undefined): Promise<number> {
  if (!etcd) throw new UsageError('--to etcd needs --etcd-servers.', { exitCode: 2 })
  using progress = new ProgressLine()
  const form = etcdForm(etcd.prefix)
  const release = lockFile(file)
  try {
    let count: number
    {
      await using source = SqliteSource.open(file)
      await using store = await EtcdStore.open({
        servers: etcd.servers,
        tls: readTls(etcd),
        ...form,
        clock: systemClock,
      })
      await raiseEtcdRevision(store.connection, source.revision, {
        onProgress: (revision) => progress.update(`etcd is at revision ${revision} of ${source.revision}`),
      })
      count = await copyState(source, store, copyOptions(progress))
    }
    ensureConfig(paths, undefined, etcd)
    const kept = setAside(file)
    return done(
      `${count} objects are in etcd below ${etcd.prefix}, and the cluster uses them`,
      `the database is kept: ${kept}`,
    )
  } finally {
    release()
  }
}

/** Nothing takes the database for the state any more. */
function setAside(file: string): string {
  const kept = `${file}.migrated-${fileStamp(systemClock.now())}`
  for (const suffix of ['-wal', '']) if (existsSync(file + suffix)) renameSync(file + suffix, kept + suffix)
  syncPath(dirname(file))
  return kept
}

async function toFile(paths: ClusterPaths, etcd: EtcdConfig): Promise<number> {
  using progress = new ProgressLine()
  const { database: file } = paths
  const release = lockFile(file)
  const connection = await connectEtcd(etcd)
  const incoming = incomingFile(file)
  try {
    if (existsSync(file)) throw new StateExists(file)
    const options = { connection, ...etcdForm(etcd.prefix), now: systemClock.now }
    await using source = await EtcdSource.open(options)
    const count = await buildDatabase(incoming, source, source.revision, copyOptions(progress))
    await requireUnchanged(source, options)
    replaceDatabase(file, `${file}.none`)
    const { etcd: _left, ...config } = ensureConfig(paths, undefined)
    writeConfig(paths, config)
    return done(`${count} objects are in ${file}, and the cluster uses them`, 'the state in etcd is left as it is')
  } finally {
    discardDatabase(incoming)
    connection.close()
    release()
  }
}

/** A write that came after the source was opened would be lost. */
async function requireUnchanged(source: EtcdSource, options: Parameters<typeof EtcdSource.open>[0]): Promise<void> {
  await using now = await EtcdSource.open(options)
  if (now.revision === source.revision) return
  throw new UsageError('somebody writes to this etcd. Stop every API server that uses it, and try again.')
}

function done(...lines: readonly string[]): number {
  for (const line of lines) process.stdout.write(`${line}\n`)
  return 0
}
