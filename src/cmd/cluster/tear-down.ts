import { existsSync } from 'node:fs'
import { readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { detectCgroups } from '../../kubelet/cgroups/cgroup-host.ts'
import { CgroupTree } from '../../kubelet/cgroups/cgroup-tree.ts'
import type { Containerd } from '../../kubelet/containerd/containerd.ts'
import { tearDown as tearDownContainers } from '../../kubelet/containerd/teardown.ts'
import { CriClient } from '../../kubelet/cri/cri-client.ts'
import { hostMounts } from '../../kubelet/volumes/mount-table.ts'
import { runHostCommand } from '../../network/host-command.ts'
import { restoreHost } from '../../network/host-network.ts'
import type { ClusterConfig } from './cluster-config.ts'
import { cgroupRoot, clusterNetwork, readConfig } from './cluster-config.ts'
import { hostNetwork } from './node.ts'
import { privateContainerd } from './node-runtime.ts'
import type { ClusterPaths } from './paths.ts'

export interface TearDownOptions {
  readonly report: (line: string) => void
  readonly clock?: Clock
}

/**
 * Takes down what a node left on this host, however it ended: containers, mounts, interfaces, nft tables, cgroups. Navarch
 * itself must not run. Can be repeated; what is not there is no fault.
 */
export async function tearDown(paths: ClusterPaths, { report, clock = systemClock }: TearDownOptions): Promise<void> {
  const config = readConfig(paths)
  if (!config || !existsSync(paths.containerd)) return // there never was a node
  const signal = AbortSignal.timeout(120_000)
  const network = clusterNetwork(config)
  const host = hostNetwork({ paths, network })
  const containerd = privateContainerd(paths, host.cniConfigDir, clock, silentLogger)
  await removeContainers(containerd, report, signal)
  await containerd.stop()
  await killShims(containerd.paths.socket)
  await unmountBelow([containerd.paths.state, paths.kubelet, paths.memory, paths.containerd], signal)
  await rm(dirname(containerd.paths.socket), { recursive: true, force: true })
  await removeTable(network.bridge)
  await restoreHost(host, runHostCommand)
  await removeCgroups(config)
  await rm(paths.run, { recursive: true, force: true })
}

/** Asks the runtime, so that everything is released in order; a runtime that cannot be started is passed over. */
async function removeContainers(
  containerd: Containerd,
  report: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  try {
    await containerd.start(signal)
    await using runtime = new CriClient(containerd.paths.socket)
    await tearDownContainers(containerd, runtime, signal)
  } catch (error) {
    report(`containers are killed, since containerd cannot remove them: ${(error as Error).message.split('\n')[0]}`)
  }
}

/** Shims name the socket of their containerd on their command line. */
async function killShims(socket: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(join('/proc', pid, 'cmdline'), 'utf8').catch(() => '')
    const words = command.split('\0')
    if (words[0]?.includes('containerd-shim') && words.includes(socket)) process.kill(Number(pid), 'SIGKILL')
  }
}

async function unmountBelow(directories: readonly string[], signal: AbortSignal): Promise<void> {
  for (const directory of directories) {
    for (const point of await hostMounts.below(directory)) await hostMounts.unmount(point, signal)
  }
}

async function removeTable(table: string): Promise<void> {
  await runHostCommand('nft', ['-f', '-'], `add table ip ${table}\ndelete table ip ${table}\n`)
}

async function removeCgroups(config: ClusterConfig): Promise<void> {
  await new CgroupTree(await detectCgroups(), cgroupRoot(config)).removeAll()
}
