import { existsSync } from 'node:fs'
import { systemClock } from '../base/clock.ts'
import { type SnapshotOrigin, saveSnapshot } from '../store/snapshots/save-snapshot.ts'
import type { SnapshotFile } from '../store/snapshots/snapshot-directory.ts'
import { readConfig, storeOf } from './cluster/cluster-config.ts'
import type { StoreChoice } from './cluster/cluster-store.ts'
import { connectEtcd } from './cluster/etcd-access.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import { etcdConfigOf } from './etcd-options.ts'
import type { Given } from './options.ts'
import { ProgressLine, sizeText } from './progress-line.ts'
import { snapshotDirectory } from './snapshot-options.ts'
import { explained } from './state-fault.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const named = etcdConfigOf(given)
  const place = named ? { etcd: named } : storeOf(paths, readConfig(paths) ?? {})
  const saved = await explained(() => saveState(place, snapshotDirectory(given, paths), labelOf(given)))
  if (given.text('output') === 'json') process.stdout.write(`${JSON.stringify(saved)}\n`)
  else process.stdout.write(`${saved.path} (revision ${saved.revision}, ${sizeText(saved.bytes)})\n`)
  return 0
}

/** A snapshot of the state of a cluster, running or not, with its progress on the terminal. */
export async function saveState(place: StoreChoice, directory: string, label: string): Promise<SnapshotFile> {
  using progress = new ProgressLine()
  const save = (origin: SnapshotOrigin): Promise<SnapshotFile> =>
    saveSnapshot(origin, {
      directory,
      label,
      clock: systemClock,
      onProgress: (bytes, total) =>
        progress.update(total > 0 ? `${sizeText(bytes)} of about ${sizeText(total)}` : sizeText(bytes)),
    })
  if ('etcd' in place) {
    const connection = await connectEtcd(place.etcd)
    try {
      return await save({ connection })
    } finally {
      connection.close()
    }
  }
  if (!existsSync(place.file)) {
    throw new UsageError(`there is no state in ${place.file}. Name the cluster's directory with --data-dir.`)
  }
  return save({ file: place.file })
}

function labelOf(given: Given): string {
  const label = given.text('label') ?? 'manual'
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(label)) return label
  throw new UsageError(`--label takes lower-case letters, digits and '-', not '${label}'.`, { exitCode: 2 })
}
