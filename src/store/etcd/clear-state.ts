import type { EtcdConnection } from './etcd-connection.ts'
import type { KeySpace } from './key-space.ts'

const PAGE = 1_000

/** Deletes every key below the root, some at a time. */
export async function clearState(connection: EtcdConnection, keys: KeySpace): Promise<void> {
  const { key, rangeEnd } = keys.root()
  for (;;) {
    const { kvs = [] } = await connection.read('Range', { key, rangeEnd, limit: PAGE, keysOnly: true })
    const last = kvs.at(-1)
    if (!last) return
    const end = Buffer.concat([last.key, Buffer.of(0)])
    const success = [{ requestDeleteRange: { key, rangeEnd: end } }]
    await connection.write('Txn', { compare: [], success, failure: [] }, 'the old state')
  }
}
