import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** Where a cluster keeps what. Everything is below the data directory. */
export interface ClusterPaths {
  readonly root: string
  /** What the cluster was made with: cluster-config.ts. */
  readonly config: string
  readonly pki: string
  readonly database: string
  readonly adminKubeconfig: string
  /** Files of the running process: pid, control socket; emptied by `down`. */
  readonly run: string
  readonly controlSocket: string
  readonly log: string
  readonly kubelet: string
  readonly memory: string
  readonly containerd: string
  readonly cni: string
  readonly localVolumes: string
}

export function clusterPaths(root: string): ClusterPaths {
  const at = (...parts: string[]): string => join(root, ...parts)
  return {
    root,
    config: at('cluster.json'),
    pki: at('pki'),
    database: at('state.db'),
    adminKubeconfig: at('admin.kubeconfig'),
    run: at('run'),
    controlSocket: at('run', 'control.sock'),
    log: at('navarch.log'),
    kubelet: at('kubelet'),
    memory: at('memory'),
    containerd: at('containerd'),
    cni: at('cni'),
    localVolumes: at('volumes'),
  }
}

/** The directory that was named, or the user's default one. */
export function dataDirectory(named: string | undefined): string {
  if (named !== undefined) return resolve(named)
  if (process.getuid?.() === 0) return '/var/lib/navarch'
  return join(process.env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'navarch')
}
