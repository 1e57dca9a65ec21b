import { readFileSync } from 'node:fs'
import { builtinResources } from '../../api/kinds/index.ts'
import { etcdValues } from '../../apiserver/etcd-values/etcd-values.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import { Compactor } from '../../store/compactor.ts'
import type { SnapshotOrigin } from '../../store/snapshots/save-snapshot.ts'
import { type Store, StoreUnavailable } from '../../store/store.ts'
import { UsageError } from '../usage-error.ts'

/** An etcd cluster that has the state; files are in PEM. */
export interface EtcdConfig {
  readonly servers: readonly string[]
  /** Before every key, without a slash at its end: `/registry`. */
  readonly prefix: string
  readonly cafile?: string
  readonly certfile?: string
  readonly keyfile?: string
}

/** Where a cluster's state is. */
export type StoreChoice = { readonly file: string } | { readonly etcd: EtcdConfig }

export interface ClusterStore {
  readonly store: Store
  /** Forgets the store's past while the cluster runs. */
  readonly compactor: Component
  /** What snapshots of it are made of. */
  readonly origin: SnapshotOrigin
}

export interface OpenStoreDeps {
  readonly clock: Clock
  readonly log: Logger
  readonly runtimeConfig?: Readonly<Record<string, boolean>>
}

/** Opens the store of a cluster. Throws a UsageError that names the remedy when that cannot be. */
export async function openStore(choice: StoreChoice, deps: OpenStoreDeps): Promise<ClusterStore> {
  return 'etcd' in choice ? openEtcd(choice.etcd, deps) : openSqlite(choice.file, deps)
}

async function openSqlite(file: string, { clock, log }: OpenStoreDeps): Promise<ClusterStore> {
  const { DatabaseRefused } = await import('../../store/sqlite/schema.ts')
  const { SqliteStore } = await import('../../store/sqlite/sqlite-store.ts')
  try {
    const store = await SqliteStore.open({ file, clock })
    return { store, compactor: new Compactor({ store, clock, log }), origin: { file } }
  } catch (error) {
    if (error instanceof DatabaseRefused) throw new UsageError(error.message, { cause: error })
    throw error
  }
}

async function openEtcd(config: EtcdConfig, { clock, log, runtimeConfig = {} }: OpenStoreDeps): Promise<ClusterStore> {
  const { EtcdStore } = await import('../../store/etcd/etcd-store.ts')
  const { ElectedCompactor } = await import('../../store/etcd/elected-compactor.ts')
  const { KeySpace } = await import('../../store/etcd/key-space.ts')
  try {
    const store = await EtcdStore.open({
      servers: config.servers,
      tls: readTls(config),
      keys: new KeySpace({ to: `${config.prefix}/` }),
      codec: etcdValues(builtinResources(), runtimeConfig),
      clock,
    })
    return { store, compactor: new ElectedCompactor({ store, clock, log }), origin: { connection: store.connection } }
  } catch (error) {
    if (error instanceof StoreUnavailable) throw new UsageError(`${error.message}.`, { cause: error })
    throw error
  }
}

/** The files of the configuration, read. Throws a UsageError for one that cannot be. */
export function readTls({ cafile, certfile, keyfile }: EtcdConfig): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return {
    ...(cafile && { ca: readPem('etcd-cafile', cafile) }),
    ...(certfile && { cert: readPem('etcd-certfile', certfile) }),
    ...(keyfile && { key: readPem('etcd-keyfile', keyfile) }),
  }
}

function readPem(option: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new UsageError(`--${option} cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}
