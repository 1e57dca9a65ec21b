import { existsSync, linkSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { syncPath } from '../snapshots/sync-path.ts'

/*
 * A database is replaced in one step that is never half done: the new one, complete and on the disk, is renamed to
 * `<file>.replacing`. From then on it is the state; what is left to do is done at once, or by whoever opens the file next.
 */

/** Where the new database is put together. */
export const incomingFile = (file: string): string => `${file}.incoming`

const decided = (file: string): string => `${file}.replacing`
const companions = (file: string): string[] => [`${file}-wal`, `${file}-shm`]

/**
 * Puts the incoming database, a single file without a write-ahead log, in the place of `file`, which nobody has open.
 * What was there is kept as `keepAs`, write-ahead log included.
 */
export function replaceDatabase(file: string, keepAs: string): void {
  syncPath(incomingFile(file))
  keep(file, keepAs)
  renameSync(incomingFile(file), decided(file))
  syncPath(dirname(file))
  finishReplacement(file)
}

/** Does what is left of a replacement; nothing when there is none. */
export function finishReplacement(file: string): void {
  if (!existsSync(decided(file))) return
  for (const companion of companions(file)) rmSync(companion, { force: true }) // of the old database
  renameSync(decided(file), file)
  syncPath(dirname(file))
}

/** A second name for the files as they are; the old name goes with the replacement. */
function keep(file: string, keepAs: string): void {
  for (const suffix of ['', '-wal']) if (existsSync(file + suffix)) linkSync(file + suffix, keepAs + suffix)
  syncPath(dirname(keepAs))
}
