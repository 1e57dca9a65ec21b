import { linkSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { syncPath } from './sync-path.ts'

export type SnapshotBackend = 'sqlite' | 'etcd'

/** What a snapshot's name says. */
export interface SnapshotName {
  /** Why it was made, `manual` or `scheduled` say; letters, digits and `-`. Retention goes by it. */
  readonly label: string
  /** When, in ms since the epoch, to the second. */
  readonly time: number
  /** The revision that the state was at. */
  readonly revision: number
  readonly backend: SnapshotBackend
}

export interface SnapshotFile extends SnapshotName {
  readonly name: string
  readonly path: string
  readonly bytes: number
}

const NAME = /^([a-z0-9][a-z0-9-]*)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-r(\d+)\.(sqlite|etcd)$/
const UNFINISHED = '.unfinished-'

export function nameOf({ label, time, revision, backend }: SnapshotName): string {
  const stamp = `${new Date(time).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
  return `${label}-${stamp}-r${revision}.${backend}`
}

/** What the name of a snapshot file says; undefined for other files. */
export function parseName(name: string): SnapshotName | undefined {
  const match = NAME.exec(name)
  if (!match) return undefined
  const [, label = '', year, month, day, hour, minute, second, revision, backend] = match
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  return { label, time, revision: Number(revision), backend: backend as SnapshotBackend }
}

/** The snapshots in a directory, the newest last; none when there is no such directory. */
export function listSnapshots(directory: string): SnapshotFile[] {
  return namesIn(directory)
    .map((name) => {
      const said = parseName(name)
      const path = join(directory, name)
      return said && { ...said, name, path, bytes: statSync(path).size }
    })
    .filter((file) => file !== undefined)
    .sort((a, b) => a.time - b.time || a.revision - b.revision)
}

/** A path in the directory, which is made if need be, for a snapshot that is being written; what was left there goes. */
export function unfinishedSnapshot(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  for (const name of namesIn(directory)) {
    const owner = name.startsWith(UNFINISHED) ? Number(name.slice(UNFINISHED.length)) : 0
    if (owner > 0 && (owner === process.pid || !isRunning(owner))) rmSync(join(directory, name))
  }
  return join(directory, `${UNFINISHED}${process.pid}`)
}

/** Gives a snapshot that is written completely its name, once it is on the disk. Never replaces another (EEXIST). */
export function finishSnapshot(unfinished: string, directory: string, said: SnapshotName): SnapshotFile {
  const name = nameOf(said)
  const path = join(directory, name)
  syncPath(unfinished)
  linkSync(unfinished, path)
  rmSync(unfinished)
  syncPath(directory)
  return { ...said, name, path, bytes: statSync(path).size }
}

/** Deletes all but the newest `keep` snapshots, of those with the label if one is named; answers those that are gone. */
export function pruneSnapshots(directory: string, keep: number, label?: string): SnapshotFile[] {
  const own = listSnapshots(directory).filter((file) => label === undefined || file.label === label)
  const old = own.slice(0, Math.max(0, own.length - keep))
  for (const { path } of old) rmSync(path)
  return old
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
