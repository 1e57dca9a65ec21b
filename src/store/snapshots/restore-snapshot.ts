import { chmodSync, existsSync, statSync, truncateSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.ts'
import { EtcdSnapshot } from '../etcd/etcd-snapshot.ts'
import type { KeySpace } from '../etcd/key-space.ts'
import { lockFile } from '../sqlite/file-lock.ts'
import { raiseRevision } from '../sqlite/raise-revision.ts'
import { incomingFile, replaceDatabase } from '../sqlite/replacement.ts'
import { SqliteSource } from '../sqlite/sqlite-source.ts'
import type { CopyOptions } from '../transfer/copy-state.ts'
import type { StateSource } from '../transfer/state-source.ts'
import type { ValueCodec } from '../value-codec.ts'
import { buildDatabase, discardDatabase, requireAlone } from './build-database.ts'
import { SEAL_BYTES } from './sealed-file.ts'
import { readRevision, SnapshotRefused, verifySnapshot } from './verify-snapshot.ts'

/** How values and keys look in a snapshot of etcd. */
export interface EtcdForm {
  readonly keys: KeySpace
  readonly codec: ValueCodec
}

export interface RestoreInput {
  readonly snapshot: string
  /** The database that gets its state; nobody has it open. */
  readonly file: string
  /** What the database that is there is called afterwards; absent: there must be none. */
  readonly keepAs?: string
  /** See DEFAULT_BUMP. */
  readonly bump?: number
}

/**
 * How far above the snapshot's revision a restored state goes on when it is not known how far the lost one had come: who
 * saw later revisions, of what is lost now, must not take ours for them. (Etcd: `etcdutl snapshot restore --bump-revision`.)
 */
export const DEFAULT_BUMP = 1_000_000

/** There is a state already. */
export class StateExists extends Error {
  constructor(file: string) {
    super(`there is a state already: ${file}`)
    this.name = 'StateExists'
  }
}

/**
 * Gives a database the state of a snapshot of either backend, in one step: until then everything is as it was. Throws
 * SnapshotRefused, StateExists, and DatabaseRefused while somebody has the database open.
 */
export async function restoreDatabase(
  { snapshot, file, keepAs, bump = DEFAULT_BUMP }: RestoreInput,
  form: EtcdForm,
  options: CopyOptions,
): Promise<void> {
  const { backend, revision } = await verifySnapshot(snapshot)
  const release = lockFile(file)
  const incoming = incomingFile(file)
  try {
    if (keepAs === undefined && existsSync(file)) throw new StateExists(file)
    const above = Math.max(revision, knownRevision(file) ?? revision + bump) + 1 // the newest lost one is too old, too
    if (backend === 'sqlite') {
      await unseal(snapshot, incoming)
      raiseRevision(incoming, above)
      requireAlone(incoming)
    } else {
      await using source = openEtcdSnapshot(snapshot, form, options.clock)
      await buildDatabase(incoming, source, above, options)
    }
    replaceDatabase(file, keepAs ?? `${file}.none`)
  } finally {
    discardDatabase(incoming)
    release()
  }
}

/** Where the database that is there has come to, if it still says so. */
function knownRevision(file: string): number | undefined {
  try {
    return existsSync(file) ? readRevision(file) : undefined
  } catch {
    return undefined // damaged
  }
}

/** A snapshot, verified, as what can be copied into a store. `scratch`: where a file may be made that goes with it. */
export async function openSnapshot(
  snapshot: string,
  scratch: string,
  form: EtcdForm,
  clock: Clock,
): Promise<StateSource> {
  const { backend } = await verifySnapshot(snapshot)
  if (backend === 'etcd') return openEtcdSnapshot(snapshot, form, clock)
  await unseal(snapshot, scratch)
  const source = SqliteSource.open(scratch)
  const close = source[Symbol.asyncDispose].bind(source)
  source[Symbol.asyncDispose] = async () => {
    await close()
    discardDatabase(scratch)
  }
  return source
}

function openEtcdSnapshot(snapshot: string, form: EtcdForm, clock: Clock): EtcdSnapshot {
  const source = EtcdSnapshot.open(snapshot, { ...form, now: clock.now() })
  if (source.count > 0) return source
  const prefix = form.keys.root().key.toString()
  throw new SnapshotRefused(snapshot, `it has no keys below ${prefix}: name the prefix that it has`)
}

/** The database of a snapshot as a file of its own that may be written. */
async function unseal(snapshot: string, target: string): Promise<void> {
  discardDatabase(target)
  await copyFile(snapshot, target)
  chmodSync(target, 0o600)
  truncateSync(target, statSync(target).size - SEAL_BYTES)
}
