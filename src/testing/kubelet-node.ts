import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import type { Client } from '../client/clientset.ts'
import { type EventRecorder, silentRecorder } from '../client/events.ts'
import { detectCgroups } from '../kubelet/cgroups/cgroup-host.ts'
import { CgroupTree } from '../kubelet/cgroups/cgroup-tree.ts'
import { Containerd } from '../kubelet/containerd/containerd.ts'
import { ensurePauseImage } from '../kubelet/containerd/pause.ts'
import { taskEvents } from '../kubelet/containerd/task-events.ts'
import { tearDown } from '../kubelet/containerd/teardown.ts'
import { CriClient } from '../kubelet/cri/cri-client.ts'
import { importImages } from '../kubelet/images/import-images.ts'
import { PAUSE_IMAGE } from '../kubelet/images/pause-image.ts'
import { createKubelet, type Kubelet } from '../kubelet/kubelet.ts'
import type { VolumeManager } from '../kubelet/volumes/volume-manager.ts'
import { writeBusyboxArchive } from './images.ts'

const run = promisify(execFile)

/** A containerd of its own with the busybox image and a network, and kubelets over it. Disposing leaves nothing behind. */
export interface TestNode extends AsyncDisposable {
  readonly containerd: Containerd
  readonly runtime: CriClient
  readonly dataDir: string
  /** A kubelet that runs until `stop`; there may be several, one after the other. */
  startKubelet(client: Client, recorder?: EventRecorder): Promise<RunningKubelet>
}

export interface RunningKubelet {
  readonly kubelet: Kubelet
  stop(): Promise<void>
}

export const TEST_NODE = 'test-node'

const withoutVolumes: VolumeManager = {
  mountPod: async () => new Map(),
  keepPod: () => undefined,
  prepareSubPath: async () => '',
  unmountPod: async () => undefined,
  podsWithVolumes: async () => [],
}

/** `await using node = await startTestNode()`. Needs root, containerd, runc and the CNI plugins. */
export async function startTestNode(): Promise<TestNode> {
  const directory = await mkdtemp(join(tmpdir(), 'navarch-node-'))
  const id = directory.slice(-6).replace(/[^a-zA-Z0-9]/g, 'x')
  const bridge = `nt${id}`
  const cniConfDir = join(directory, 'cni')
  await mkdir(cniConfDir)
  await writeFile(join(cniConfDir, '10-test.conflist'), cniBridge(bridge, join(directory, 'ipam')))
  const signal = AbortSignal.timeout(120_000)
  const containerd = new Containerd({
    dataDir: directory,
    stateDir: join(directory, 'run'),
    cniConfDir,
    sandboxImage: PAUSE_IMAGE,
    clock: systemClock,
    log: silentLogger,
  })
  const runtime = new CriClient(containerd.paths.socket)
  const cgroupRoot = `navarch-test-${id}`
  const dispose = async (): Promise<void> => {
    try {
      await tearDown(containerd, runtime, AbortSignal.timeout(60_000))
    } finally {
      await runtime[Symbol.asyncDispose]()
      await run('ip', ['link', 'delete', bridge]).catch(() => undefined) // no pod ever needed it
      await new CgroupTree(await detectCgroups(), cgroupRoot).removeAll()
      await rm(directory, { recursive: true, force: true })
    }
  }
  try {
    await containerd.start(signal)
    await ensurePauseImage(containerd, runtime, signal)
    const { snapshotter } = await containerd.facts()
    const target = { socketPath: containerd.paths.socket, snapshotter }
    await importImages([await writeBusyboxArchive(directory)], target, signal)
  } catch (error) {
    await dispose()
    throw error
  }
  return {
    containerd,
    runtime,
    dataDir: directory,
    [Symbol.asyncDispose]: dispose,
    startKubelet: (client, recorder = silentRecorder) =>
      startKubelet({ client, recorder, runtime, containerd, dataDir: directory, cgroupRoot }),
  }
}

interface KubeletSetup {
  readonly client: Client
  readonly recorder: EventRecorder
  readonly runtime: CriClient
  readonly containerd: Containerd
  readonly dataDir: string
  readonly cgroupRoot: string
}

async function startKubelet({ containerd, ...setup }: KubeletSetup): Promise<RunningKubelet> {
  const stop = new AbortController()
  const kubelet = await createKubelet({
    ...setup,
    fallbackEvents: (signal) => taskEvents(containerd.paths.socket, signal),
    volumes: withoutVolumes,
    nodeName: TEST_NODE,
    addresses: ['127.0.0.1'],
    port: 0,
    clusterDns: { servers: ['10.96.0.10'], domain: 'cluster.local' },
    sandboxImage: PAUSE_IMAGE,
    clock: systemClock,
    log: silentLogger,
  })
  const running = kubelet.run(stop.signal)
  running.catch(() => undefined) // told by stop()
  return {
    kubelet,
    async stop() {
      stop.abort()
      await running
    },
  }
}

function cniBridge(bridge: string, dataDir: string): string {
  const ipam = { type: 'host-local', dataDir, ranges: [[{ subnet: '10.252.0.0/24' }]] }
  const plugins = [{ type: 'bridge', bridge, isGateway: true, ipMasq: false, ipam }]
  return JSON.stringify({ cniVersion: '1.0.0', name: bridge, plugins })
}
