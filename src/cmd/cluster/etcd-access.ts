import { builtinResources } from '../../api/kinds/index.ts'
import { etcdValues } from '../../apiserver/etcd-values/etcd-values.ts'
import { OFFSET_BYTES } from '../../apiserver/watch-cache/stored-layout.ts'
import { EtcdConnection } from '../../store/etcd/etcd-connection.ts'
import { KeySpace } from '../../store/etcd/key-space.ts'
import type { EtcdForm } from '../../store/snapshots/restore-snapshot.ts'
import { type EtcdConfig, readTls } from './cluster-store.ts'

/** How keys and values of a cluster look in etcd. */
export function etcdForm(prefix: string): EtcdForm {
  return { keys: new KeySpace({ to: `${prefix}/` }), codec: etcdValues(builtinResources()) }
}

export function connectEtcd(config: EtcdConfig): Promise<EtcdConnection> {
  return EtcdConnection.load({ servers: config.servers, tls: readTls(config) })
}

/** What two values of one object have in common, however the backend orders its fields. */
export function objectForm(value: Uint8Array): Uint8Array | string {
  try {
    return JSON.stringify(inOrder(JSON.parse(Buffer.from(value.subarray(OFFSET_BYTES)).toString('utf8'))))
  } catch {
    return value // no object
  }
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, inOrder(inner)]),
  )
}
