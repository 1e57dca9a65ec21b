import type { EtcdConnection } from './etcd-connection.ts'

export interface RaiseOptions {
  /** Told now and then where the counter is. */
  readonly onProgress?: (revision: number) => void
  readonly signal?: AbortSignal
}

/** Below no store's root: nobody lists or watches it. */
const KEY = Buffer.from('navarch_revision')
const NOTHING = Buffer.alloc(0)
const PARALLEL = 128
const PROGRESS_EVERY = 10_000

/**
 * Brings etcd's revision to `revision` at least, by writes to a key of its own: nothing else does. Etcd takes some
 * ten thousand of them a second. What they leave is compacted away.
 */
export async function raiseEtcdRevision(
  connection: EtcdConnection,
  revision: number,
  { onProgress, signal }: RaiseOptions = {},
): Promise<void> {
  let [now, told] = [await revisionNow(connection), 0]
  if (now >= revision) return
  const raise = async (): Promise<void> => {
    while (now < revision) {
      signal?.throwIfAborted()
      const { header } = await connection.write(
        'Txn',
        { compare: [], success: [{ requestPut: { key: KEY, value: NOTHING } }], failure: [] },
        'the revision mark',
      )
      now = Math.max(now, header?.revision ?? 0)
      if (now - told < PROGRESS_EVERY) continue
      told = now
      onProgress?.(now)
    }
  }
  await Promise.all(Array.from({ length: Math.min(PARALLEL, revision - now) }, raise))
  await connection.read('Compact', { revision: now })
}

async function revisionNow(connection: EtcdConnection): Promise<number> {
  const { header } = await connection.read('Range', { key: KEY, keysOnly: true })
  return header?.revision ?? 1
}
