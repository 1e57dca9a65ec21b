import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { outputOf } from './command.ts'

/** What identifies a cluster's traces on this host. */
export interface ClusterTraces {
  readonly dataDir: string
  /** Name of its bridge and of its nft tables. */
  readonly bridge: string
  /** Its part of the cgroup tree; '' when that is `kubepods` itself. */
  readonly cgroupRoot: string
  /** Directory of its containerd's socket. */
  readonly runtimeDir: string
}

/** Everything of a deleted cluster that is still on this host, one line each. */
export async function leftovers(traces: ClusterTraces): Promise<string[]> {
  return [
    ...processes(traces),
    ...mounts(traces),
    ...interfaces(traces),
    ...cgroups(traces),
    ...(await nftTables(traces)),
    ...[traces.dataDir, traces.runtimeDir].filter((path) => existsSync(path)).map((path) => `directory ${path}`),
  ]
}

/** Navarch, containerd and shims name the cluster's directories on their command lines. */
function processes({ dataDir, runtimeDir }: ClusterTraces): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid, command: readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ') }))
    .filter(({ command }) => command.includes(dataDir) || command.includes(runtimeDir))
    .map(({ pid, command }) => `process ${pid} ${command.slice(0, 200)}`)
}

function mounts({ dataDir, runtimeDir }: ClusterTraces): string[] {
  return readOrEmpty('/proc/self/mountinfo')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${dataDir}/`) || point.startsWith(`${runtimeDir}/`))
    .map((point) => `mount ${point}`)
}

function interfaces({ bridge }: ClusterTraces): string[] {
  return readdirSync('/sys/class/net')
    .filter((name) => name === bridge || existsSync(`/sys/class/net/${name}/upper_${bridge}`))
    .map((name) => `interface ${name}`)
}

function cgroups({ cgroupRoot }: ClusterTraces): string[] {
  const path = cgroupRoot || 'kubepods'
  const mounted = readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name, path))
  return [join('/sys/fs/cgroup', path), ...mounted].filter((at) => existsSync(at)).map((at) => `cgroup ${at}`)
}

async function nftTables({ bridge }: ClusterTraces): Promise<string[]> {
  const tables = (await outputOf('nft', ['list', 'tables'])).split('\n')
  return tables.filter((line) => [bridge, `${bridge}-net`].includes(line.split(' ')[2] ?? ''))
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // the process ended meanwhile
  }
}
