import { rmSync, statSync } from 'node:fs'
import { raiseRevision } from '../sqlite/raise-revision.ts'
import { requireUsable } from '../sqlite/schema.ts'
import { SqliteStore } from '../sqlite/sqlite-store.ts'
import { CompactedError } from '../store.ts'
import { type CopyOptions, copyState } from '../transfer/copy-state.ts'
import type { StateSource } from '../transfer/state-source.ts'

const BESIDE = ['-wal', '-shm', '.lock', '.pid']

/** A new database with a copy of the state, compared entry by entry. Its revisions go on above `above`. */
export async function buildDatabase(
  file: string,
  source: StateSource,
  above: number,
  options: CopyOptions,
): Promise<number> {
  discardDatabase(file)
  raiseRevision(file, above)
  let count: number
  {
    await using store = await SqliteStore.open({ file, clock: options.clock })
    count = await copyState(source, store, options)
    await store.compact(store.revision()).catch(unlessCompacted) // whoever watched the source lists again
  }
  requireAlone(file)
  return count
}

function unlessCompacted(error: unknown): void {
  if (!(error instanceof CompactedError)) throw error // an empty source: nothing was written
}

/** Throws unless the closed database is sound and complete without any file beside it; removes the empty ones. */
export function requireAlone(file: string): void {
  requireUsable(file, { whole: true })
  const log = statSync(`${file}-wal`, { throwIfNoEntry: false })
  if (log && log.size > 0) throw new Error(`${file} was not closed: ${file}-wal is left`)
  for (const suffix of BESIDE) rmSync(file + suffix, { force: true })
}

/** Removes a database that was not finished. */
export function discardDatabase(file: string): void {
  for (const suffix of ['', ...BESIDE]) rmSync(file + suffix, { force: true })
}
