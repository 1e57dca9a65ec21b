import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { clearState } from '../store/etcd/clear-state.ts'
import { EtcdStore } from '../store/etcd/etcd-store.ts'
import { raiseEtcdRevision } from '../store/etcd/raise-revision.ts'
import { openSnapshot, restoreDatabase } from '../store/snapshots/restore-snapshot.ts'
import { type CopyOptions, copyState, requireCopyable, TargetNotEmpty } from '../store/transfer/copy-state.ts'
import { readConfig, storeOf } from './cluster/cluster-config.ts'
import { type EtcdConfig, readTls } from './cluster/cluster-store.ts'
import { etcdForm, objectForm } from './cluster/etcd-access.ts'
import { type ClusterPaths, clusterPaths, dataDirectory } from './cluster/paths.ts'
import { etcdConfigOf, prefixOf } from './etcd-options.ts'
import type { Given } from './options.ts'
import { ProgressLine } from './progress-line.ts'
import { snapshotDirectory } from './snapshot-options.ts'
import { saveState } from './snapshot-save.ts'
import { explained } from './state-fault.ts'
import { fileStamp, requireStopped } from './stopped-cluster.ts'
import { UsageError } from './usage-error.ts'

/** As DEFAULT_BUMP, for an etcd: each step is a write there, and takes about half a millisecond. */
const ETCD_BUMP = 100_000

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const [operand, ...more] = given.operands
  if (operand === undefined || more.length > 0) {
    throw new UsageError("one snapshot's file must be named. See 'navarch snapshot list'.", { exitCode: 2 })
  }
  requireStopped(paths)
  const snapshot = fileOf(operand, snapshotDirectory(given, paths))
  const named = etcdConfigOf(given)
  const place = named ? { etcd: named } : storeOf(paths, readConfig(paths) ?? {})
  const bump = given.number('bump-revision', { min: 0, max: 1_000_000_000_000 })
  const prefix = prefixOf(given.text('snapshot-prefix') ?? ('etcd' in place ? place.etcd.prefix : undefined))
  const request = { snapshot, prefix, force: given.has('force'), ...(bump !== undefined && { bump }) }
  const kept = await explained(() =>
    'etcd' in place
      ? restoreEtcd(place.etcd, {
          ...request,
          scratch: `${paths.database}.incoming`,
          directory: snapshotDirectory(given, paths),
        })
      : restoreFile(paths, request),
  )
  process.stdout.write(`the state of ${snapshot} is restored\n`)
  if (kept) process.stdout.write(`what was there is kept: ${kept}\n`)
  return 0
}

/** As a path, or the name of one in the directory of snapshots. */
function fileOf(operand: string, directory: string): string {
  const inDirectory = resolve(directory, operand)
  const file = existsSync(resolve(operand)) ? resolve(operand) : inDirectory
  if (!existsSync(file)) throw new UsageError(`there is no snapshot ${operand}, nor one of that name in ${directory}.`)
  return file
}

interface RestoreRequest {
  readonly snapshot: string
  /** Of the keys in a snapshot of etcd. */
  readonly prefix: string
  readonly force: boolean
  readonly bump?: number
}

export function copyOptions(progress: ProgressLine): CopyOptions {
  return {
    clock: systemClock,
    formOf: objectForm,
    onProgress: (step, done, total) => progress.update(`${step} ${done} of ${total} objects`),
  }
}

/** Answers where the state that was there is. */
async function restoreFile({ database: file }: ClusterPaths, { snapshot, prefix, force, bump }: RestoreRequest) {
  using progress = new ProgressLine()
  const keepAs = existsSync(file) && force ? `${file}.replaced-${fileStamp(systemClock.now())}` : undefined
  const input = { snapshot, file, ...(keepAs && { keepAs }), ...(bump !== undefined && { bump }) }
  await restoreDatabase(input, etcdForm(prefix), copyOptions(progress))
  return keepAs
}

interface EtcdRestoreRequest extends RestoreRequest {
  /** Where a file may be made that goes again. */
  readonly scratch: string
  readonly directory: string
}

async function restoreEtcd(
  etcd: EtcdConfig,
  { snapshot, prefix, force, scratch, directory, bump = ETCD_BUMP }: EtcdRestoreRequest,
) {
  using progress = new ProgressLine()
  const form = etcdForm(etcd.prefix)
  await using source = await openSnapshot(snapshot, scratch, etcdForm(prefix), systemClock)
  await using store = await EtcdStore.open({ servers: etcd.servers, tls: readTls(etcd), ...form, clock: systemClock })
  const { entries } = await store.list('', { limit: 1 })
  const [first] = entries
  let kept: string | undefined
  if (first && force) {
    kept = (await saveState({ etcd }, directory, 'replaced')).path
    await clearState(store.connection, form.keys)
  }
  await requireCopyable(source, store, copyOptions(progress)).catch((error: unknown) => {
    if (!(error instanceof TargetNotEmpty)) throw error
    throw new UsageError(
      `${error.message}, below ${etcd.prefix} in etcd. Say --force to replace it; a snapshot of it is made before.`,
      { cause: error },
    )
  })
  const target = source.revision + bump
  await raiseEtcdRevision(store.connection, target, {
    onProgress: (revision) => progress.update(`etcd is at revision ${revision} of ${target}`),
  })
  await copyState(source, store, copyOptions(progress))
  return kept
}
