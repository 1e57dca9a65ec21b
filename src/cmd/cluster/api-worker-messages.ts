import type { FollowerSeat } from '../../store/sqlite/follower-messages.ts'
import type { ClusterConfig } from './cluster-config.ts'
import type { ClusterPaths } from './paths.ts'

/** What a thread is started with that serves the API beside the main one. */
export interface ApiWorkerData {
  readonly paths: ClusterPaths
  readonly config: ClusterConfig
  readonly bindAddress: string
  /** What the server's certificate is for. */
  readonly hosts: readonly string[]
  readonly runtimeConfig: Readonly<Record<string, boolean>>
  /** As `--feature-gates` takes them. */
  readonly featureGates: readonly string[]
  /** Its place at the embedded store; absent: it has a connection to etcd of its own. */
  readonly seat?: FollowerSeat
}

/** From the thread: it serves from now on. To the thread: it shall end in order. */
export type ApiWorkerMessage = 'ready' | 'stop'
