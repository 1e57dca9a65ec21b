import { join } from 'node:path'
import type { PodView } from './pod.ts'

/** Where the kubelet keeps what belongs to pods, below the data directory. */
export class PodDirectories {
  readonly #dataDir: string

  constructor(dataDir: string) {
    this.#dataDir = dataDir
  }

  /** All pods' folders, named by uid; volumes are in `volumes` below each. */
  get pods(): string {
    return join(this.#dataDir, 'kubelet', 'pods')
  }

  pod(uid: string): string {
    return join(this.pods, uid)
  }

  /** Files that are mounted into a container: its termination message. */
  container(uid: string, name: string): string {
    return join(this.pod(uid), 'containers', name)
  }

  hostsFile(uid: string): string {
    return join(this.pod(uid), 'etc-hosts')
  }

  /** Container logs, as /var/log/pods elsewhere: `<namespace>_<name>_<uid>/<container>/<restart count>.log`. */
  get logs(): string {
    return join(this.#dataDir, 'logs', 'pods')
  }

  podLogs({ metadata: { namespace, name, uid } }: PodView): string {
    return join(this.logs, `${namespace}_${name}_${uid}`)
  }

  /** Local seccomp profiles that pods name. */
  get seccomp(): string {
    return join(this.#dataDir, 'kubelet', 'seccomp')
  }
}
