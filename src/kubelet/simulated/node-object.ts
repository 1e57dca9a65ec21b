import type { Node } from '../../api/types/core.v1.ts'
import type { New } from '../../client/client.ts'
import type { Machine } from '../node/machine.ts'
import { KUBELET_VERSION, nodeStatus } from '../node/node-status.ts'

/** What every simulated node claims to be. */
const MACHINE: Omit<Machine, 'machineID' | 'systemUUID' | 'bootID'> = {
  cpus: 8,
  memoryBytes: 32 * 1024 ** 3,
  kernelVersion: 'simulated',
  osImage: 'Navarch simulated node',
  architecture: process.arch === 'x64' ? 'amd64' : process.arch,
  hugepages: [],
}
const DISK_BYTES = 100 * 1024 ** 3
const KUBELET_PORT = 10_250
/** On every simulated node, so that selectors and affinity can tell them from real ones. */
export const SIMULATED_LABEL = 'navarch.io/simulated'

/** The address of the simulated node with this index: unique, in the shared space of RFC 6598, and answered by nobody. */
export function nodeAddress(index: number): string {
  return `100.64.${Math.floor(index / 250)}.${(index % 250) + 1}`
}

/** The Node as a simulated kubelet registers it. `now` in ms since the epoch. */
export function nodeObject(name: string, index: number, now: number): New<Node> {
  const { architecture } = MACHINE
  const labels = {
    'beta.kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': architecture,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    [SIMULATED_LABEL]: 'true',
  }
  const annotations = { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' }
  return { metadata: { name, labels, annotations }, spec: {}, status: statusOf(name, index, now) }
}

function statusOf(nodeName: string, index: number, now: number): NonNullable<New<Node>['status']> {
  const status = nodeStatus(
    {
      nodeName,
      machine: { ...MACHINE, machineID: nodeName, systemUUID: nodeName, bootID: nodeName },
      diskBytes: DISK_BYTES,
      addresses: [nodeAddress(index)],
      port: KUBELET_PORT,
      runtimeVersion: 'simulated://1',
      images: [],
      pressures: new Set(),
      problems: [],
      runtimeHandlers: [],
      now,
    },
    undefined,
  )
  const nodeInfo = { ...status.nodeInfo, kubeletVersion: `${KUBELET_VERSION}-navarch-simulated` }
  return { ...status, nodeInfo } as NonNullable<New<Node>['status']>
}
