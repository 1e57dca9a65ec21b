import { closeSync, openSync, readSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { BoltFile } from '../etcd/bolt-file.ts'
import { revisionOf } from '../etcd/etcd-snapshot.ts'
import { requireUsable } from '../sqlite/schema.ts'
import { isSealed } from './sealed-file.ts'
import type { SnapshotName } from './snapshot-directory.ts'

/** The file is no snapshot that can be used; `message` names it and says why. */
export class SnapshotRefused extends Error {
  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`the snapshot ${path} cannot be used: ${why}`, options)
    this.name = 'SnapshotRefused'
  }
}

const SQLITE_HEAD = 'SQLite format 3\0'

/** Looks through all of a snapshot: digest, pages, format. Throws SnapshotRefused. */
export async function verifySnapshot(path: string): Promise<Pick<SnapshotName, 'backend' | 'revision'>> {
  try {
    const backend = headOf(path) === SQLITE_HEAD ? 'sqlite' : 'etcd'
    if (!(await isSealed(path))) {
      throw new Error('it is not whole, or was changed: the digest at its end does not match')
    }
    if (backend === 'sqlite') {
      requireUsable(path, { whole: true })
      return { backend, revision: readRevision(path) }
    }
    using bolt = new BoltFile(path)
    for (const _ of bolt.bucket('key')); // every page of it is looked at
    return { backend, revision: revisionOf(bolt) }
  } catch (error) {
    throw new SnapshotRefused(path, (error as Error).message, { cause: error })
  }
}

/** The revision that a database file, which nobody writes, is at. */
export function readRevision(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true })
  try {
    const { revision } = database
      .prepare(
        `SELECT max((SELECT coalesce(max(revision), 1) FROM log),
           (SELECT coalesce(max(value), 1) FROM meta WHERE name = 'raised')) AS revision`,
      )
      .get() as { revision: number }
    return revision
  } finally {
    database.close()
  }
}

function headOf(path: string): string {
  const file = openSync(path, 'r')
  try {
    const head = Buffer.alloc(SQLITE_HEAD.length)
    readSync(file, head, 0, head.length, 0)
    return head.toString('latin1')
  } finally {
    closeSync(file)
  }
}
