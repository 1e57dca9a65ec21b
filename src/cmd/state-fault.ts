import { BoltFileDamaged } from '../store/etcd/bolt-file.ts'
import { StateExists } from '../store/snapshots/restore-snapshot.ts'
import { SnapshotRefused } from '../store/snapshots/verify-snapshot.ts'
import { BackupFailed } from '../store/sqlite/backup.ts'
import { DatabaseRefused } from '../store/sqlite/schema.ts'
import { StoreUnavailable } from '../store/store.ts'
import { CopyDiffers, TargetNotEmpty } from '../store/transfer/copy-state.ts'
import { UsageError } from './usage-error.ts'

const SAID_WELL = [BackupFailed, BoltFileDamaged, SnapshotRefused, DatabaseRefused, StoreUnavailable]

const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'this user may not use it',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full: free some space or name another directory',
  EEXIST: 'it is there already',
}

/** Runs a command on the state; what goes wrong with it is said in one sentence with the remedy. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw explain(error as NodeJS.ErrnoException)
  }
}

function explain(error: NodeJS.ErrnoException): Error {
  if (error instanceof UsageError) return error
  if (SAID_WELL.some((known) => error instanceof known)) return usage(error.message, error)
  if (error instanceof StateExists) {
    return usage(`${error.message}. Say --force to replace it; what is there is kept beside it`, error)
  }
  if (error instanceof TargetNotEmpty) {
    return usage(`${error.message}. Name an empty place, or say --force if this command takes it`, error)
  }
  if (error instanceof CopyDiffers) {
    return usage(`${error.message}. Nothing was switched over; make sure that nobody else writes, and try again`, error)
  }
  const reason = SYSTEM[error.code ?? '']
  return reason ? usage(`${error.path ?? error.message}: ${reason}`, error) : error
}

const usage = (sentence: string, cause: Error): UsageError => new UsageError(`${sentence}.`, { cause })
