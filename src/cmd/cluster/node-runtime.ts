import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { Containerd } from '../../kubelet/containerd/containerd.ts'
import { ensurePauseImage } from '../../kubelet/containerd/pause.ts'
import { CriClient } from '../../kubelet/cri/cri-client.ts'
import { PAUSE_IMAGE } from '../../kubelet/images/pause-image.ts'
import type { ClusterPaths } from './paths.ts'

/** The container runtime of a node. */
export interface Runtime {
  readonly cri: CriClient
  readonly socket: string
  /** The private one; absent when another's socket was named. */
  readonly containerd: Containerd | undefined
}

export interface RuntimeOptions {
  readonly paths: ClusterPaths
  /** A CRI socket to use instead of a private containerd. */
  readonly endpoint: string | undefined
  readonly cniConfigDir: string
  readonly clock: Clock
  readonly log: Logger
}

export function privateContainerd(paths: ClusterPaths, cniConfDir: string, clock: Clock, log: Logger): Containerd {
  return new Containerd({ dataDir: paths.root, cniConfDir, sandboxImage: PAUSE_IMAGE, clock, log })
}

/** Starts the private containerd, or takes over the one that runs, or uses the endpoint that was named. */
export async function startRuntime({ paths, endpoint, cniConfigDir, clock, log }: RuntimeOptions): Promise<Runtime> {
  if (endpoint) {
    const socket = endpoint.replace(/^unix:\/\//, '')
    return { cri: new CriClient(socket), socket, containerd: undefined }
  }
  const containerd = privateContainerd(paths, cniConfigDir, clock, log)
  const signal = AbortSignal.timeout(60_000)
  await containerd.start(signal)
  const socket = containerd.paths.socket
  const cri = new CriClient(socket)
  await ensurePauseImage(containerd, cri, signal)
  return { cri, socket, containerd }
}
