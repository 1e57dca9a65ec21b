import { canRunEtcdCluster, EtcdCluster } from '../../src/testing/etcd-cluster.ts'
import { EtcdServer, hasEtcd } from '../../src/testing/etcd-server.ts'
import { etcdClusterSubject, etcdSubject } from './etcd-subject.ts'
import { memorySubject } from './memory-subject.ts'
import type { RunSize } from './run.ts'
import { SqliteSubject } from './sqlite-subject.ts'
import type { Subject } from './subject.ts'

/** Where runs of one kind take place; what they share goes with it. */
export interface Arena extends AsyncDisposable {
  subject(): Promise<Subject>
}

/** A kind of run: a backend and what happens to it. */
export interface RunKind {
  readonly name: string
  readonly size: RunSize
  /** Of every hundred runs. */
  readonly share: number
  readonly isPossible: () => boolean
  readonly open: () => Promise<Arena>
}

const alone = (subject: () => Promise<Subject>): Promise<Arena> =>
  Promise.resolve({ subject, [Symbol.asyncDispose]: async () => {} })

const on = async <T extends AsyncDisposable>(
  started: Promise<T>,
  subject: (shared: T) => Promise<Subject>,
): Promise<Arena> => {
  const shared = await started
  return { subject: () => subject(shared), [Symbol.asyncDispose]: () => shared[Symbol.asyncDispose]() }
}

export const runKinds: readonly RunKind[] = [
  {
    name: 'memory',
    share: 30,
    size: { clients: 8, callsAClient: 60, keys: 3, disturbances: 0 },
    isPossible: () => true,
    open: () => alone(async () => memorySubject()),
  },
  {
    name: 'sqlite, killed',
    share: 35,
    size: { clients: 8, callsAClient: 60, keys: 3, disturbances: 3 },
    isPossible: () => process.platform === 'linux',
    open: () => alone(() => SqliteSubject.start()),
  },
  {
    name: 'sqlite with followers, killed',
    share: 15,
    size: { clients: 8, callsAClient: 60, keys: 3, disturbances: 2 },
    isPossible: () => process.platform === 'linux',
    open: () => alone(() => SqliteSubject.start({ followers: 2 })),
  },
  {
    name: 'etcd, killed and held still',
    share: 12,
    size: { clients: 6, callsAClient: 40, keys: 3, disturbances: 1 },
    isPossible: hasEtcd,
    open: () => on(EtcdServer.start(), etcdSubject),
  },
  {
    name: 'etcd of three, partitioned',
    share: 8,
    size: { clients: 6, callsAClient: 40, keys: 3, disturbances: 2 },
    isPossible: canRunEtcdCluster,
    open: () => on(EtcdCluster.start(), etcdClusterSubject),
  },
]
