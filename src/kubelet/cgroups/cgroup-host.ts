import { access, readFile } from 'node:fs/promises'
import { CPU_PERIOD_US, weightOf } from './cpu-shares.ts'
import type { CgroupResources } from './pod-resources.ts'

export interface CgroupMount {
  readonly path: string
  /** v1: the controllers mounted here; v2: none. */
  readonly controllers: readonly string[]
}

/** How this host mounts cgroups. A hybrid host (v2 beside v1 without controllers) counts as version 1. */
export interface CgroupHost {
  readonly version: 1 | 2
  readonly mounts: readonly CgroupMount[]
}

const UNIFIED = '/sys/fs/cgroup'

export async function detectCgroups(): Promise<CgroupHost> {
  const unified = await access(`${UNIFIED}/cgroup.controllers`).then(
    () => true,
    () => false,
  )
  if (unified) return { version: 2, mounts: [{ path: UNIFIED, controllers: [] }] }
  return { version: 1, mounts: cgroupV1Mounts(await readFile('/proc/self/mountinfo', 'utf8')) }
}

const KNOWN = [
  'cpu',
  'cpuacct',
  'cpuset',
  'memory',
  'pids',
  'blkio',
  'devices',
  'freezer',
  'hugetlb',
  'net_cls',
  'net_prio',
  'perf_event',
  'rdma',
]

/** The v1 hierarchies in /proc/self/mountinfo, `name=systemd` and a hybrid host's v2 included: the runtime makes cgroups in all. */
export function cgroupV1Mounts(mountinfo: string): CgroupMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [type, , options = ''] = after.split(' ')
    const path = before.split(' ')[4]
    if (!type?.startsWith('cgroup') || path === undefined) return []
    return [{ path, controllers: options.split(',').filter((option) => KNOWN.includes(option)) }]
  })
}

export interface ControllerFile {
  readonly mount: string
  readonly file: string
  readonly value: string
}

/** Which files to write for some limits. Controllers that the host lacks are passed over. */
export function controllerFiles(host: CgroupHost, resources: CgroupResources): ControllerFile[] {
  const { cpuShares, cpuQuota, memoryLimitBytes, pidsLimit } = resources
  const files: (readonly [controller: string, file: string, value: number | string | undefined])[] =
    host.version === 2
      ? [
          ['cpu', 'cpu.weight', cpuShares && weightOf(cpuShares)],
          ['cpu', 'cpu.max', cpuQuota && `${cpuQuota} ${CPU_PERIOD_US}`],
          ['memory', 'memory.max', memoryLimitBytes],
          ['pids', 'pids.max', pidsLimit],
        ]
      : [
          ['cpu', 'cpu.shares', cpuShares],
          ['cpu', 'cpu.cfs_period_us', cpuQuota && CPU_PERIOD_US],
          ['cpu', 'cpu.cfs_quota_us', cpuQuota],
          ['memory', 'memory.limit_in_bytes', memoryLimitBytes],
          ['pids', 'pids.max', pidsLimit],
        ]
  return files.flatMap(([controller, file, value]) => {
    const mount = host.mounts.find(({ controllers }) => host.version === 2 || controllers.includes(controller))
    return mount && value !== undefined ? [{ mount: mount.path, file, value: String(value) }] : []
  })
}
