import { rmSync } from 'node:fs'
import { open, writeFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import { BoltFile } from '../etcd/bolt-file.ts'
import type { EtcdConnection } from '../etcd/etcd-connection.ts'
import { revisionOf } from '../etcd/etcd-snapshot.ts'
import { backupDatabase } from '../sqlite/backup.ts'
import { isSealed, seal } from './sealed-file.ts'
import { finishSnapshot, type SnapshotFile, type SnapshotName, unfinishedSnapshot } from './snapshot-directory.ts'
import { readRevision } from './verify-snapshot.ts'

/** What a snapshot is made of: a database file, also of a running store, or a running etcd. */
export type SnapshotOrigin = { readonly file: string } | { readonly connection: EtcdConnection }

export interface SaveOptions {
  readonly directory: string
  readonly label: string
  readonly clock: Clock
  /** Told now and then how much is written; `total` is 0 while it is not known. */
  readonly onProgress?: (bytes: number, total: number) => void
  readonly signal?: AbortSignal
}

/**
 * Writes the state as of one instant into a new file of the directory, looks through it, and gives it its name when all of
 * it is on the disk. Rejects and leaves nothing when anything is wrong with it. Writers are not held up.
 */
export async function saveSnapshot(origin: SnapshotOrigin, options: SaveOptions): Promise<SnapshotFile> {
  const { directory, label, clock } = options
  const unfinished = unfinishedSnapshot(directory)
  try {
    const time = clock.now()
    const made =
      'file' in origin
        ? await fromSqlite(origin.file, unfinished, options)
        : await fromEtcd(origin.connection, unfinished, options)
    return finishSnapshot(unfinished, directory, { label, time, ...made })
  } finally {
    rmSync(unfinished, { force: true })
  }
}

type Made = Pick<SnapshotName, 'revision' | 'backend'>

async function fromSqlite(file: string, target: string, { clock, onProgress }: SaveOptions): Promise<Made> {
  await writeFile(target, '', { flag: 'wx', mode: 0o600 }) // Secrets will be in it
  await backupDatabase({ file, target }, { clock, ...(onProgress && { onProgress }) })
  await seal(target)
  return { revision: readRevision(target), backend: 'sqlite' }
}

/** Etcd sends its database file and then the digest. */
async function fromEtcd(
  connection: EtcdConnection,
  target: string,
  { onProgress, signal }: SaveOptions,
): Promise<Made> {
  const file = await open(target, 'wx', 0o600)
  try {
    let bytes = 0
    for await (const blob of connection.snapshot(signal ?? new AbortController().signal)) {
      await file.write(blob)
      bytes += blob.length
      onProgress?.(bytes, 0)
    }
  } finally {
    await file.close()
  }
  if (!(await isSealed(target))) throw new Error('the snapshot that etcd sent is not whole: its digest does not match')
  using bolt = new BoltFile(target)
  return { revision: revisionOf(bolt), backend: 'etcd' }
}
