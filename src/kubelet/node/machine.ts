import { readdir, readFile, statfs } from 'node:fs/promises'
import { cpus, hostname, networkInterfaces, totalmem } from 'node:os'

/** What does not change while the machine is up. */
export interface Machine {
  readonly cpus: number
  readonly memoryBytes: number
  readonly machineID: string
  readonly systemUUID: string
  readonly bootID: string
  readonly kernelVersion: string
  readonly osImage: string
  /** As Go names it. */
  readonly architecture: string
  /** As CRI names them: `2MB`, `1GB`. */
  readonly hugepages: readonly { readonly size: string; readonly count: number }[]
}

export async function readMachine(): Promise<Machine> {
  const [machineID, systemUUID, bootID, kernelVersion, release, meminfo, hugepages] = await Promise.all([
    firstOf('/etc/machine-id', '/var/lib/dbus/machine-id'),
    firstOf('/sys/class/dmi/id/product_uuid', '/sys/hypervisor/uuid', '/etc/machine-id'),
    firstOf('/proc/sys/kernel/random/boot_id'),
    firstOf('/proc/sys/kernel/osrelease'),
    firstOf('/etc/os-release', '/usr/lib/os-release'),
    firstOf('/proc/meminfo'),
    readHugepages(),
  ])
  return {
    cpus: cpus().length,
    memoryBytes: memoryIn(meminfo, 'MemTotal') ?? totalmem(),
    machineID,
    systemUUID,
    bootID,
    kernelVersion,
    osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1] ?? 'Linux',
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    hugepages,
  }
}

/** A line of /proc/meminfo in bytes. */
export function memoryIn(meminfo: string, name: string): number | undefined {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1]
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024
}

async function firstOf(...paths: string[]): Promise<string> {
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch(() => undefined) // not on this kind of machine
    if (text !== undefined) return text.trim()
  }
  return ''
}

const HUGEPAGES = '/sys/kernel/mm/hugepages'

async function readHugepages(): Promise<{ size: string; count: number }[]> {
  const folders = await readdir(HUGEPAGES).catch(() => [] as string[])
  return Promise.all(
    folders.map(async (folder) => {
      const kibibytes = Number(/(\d+)kB/.exec(folder)?.[1] ?? 0)
      const size = kibibytes >= 1024 * 1024 ? `${kibibytes / 1024 / 1024}GB` : `${kibibytes / 1024}MB`
      return { size, count: Number(await firstOf(`${HUGEPAGES}/${folder}/nr_hugepages`)) }
    }),
  )
}

export interface FileSystem {
  readonly capacityBytes: number
  readonly availableBytes: number
  readonly inodes: number
  readonly inodesFree: number
}

export async function readFileSystem(path: string): Promise<FileSystem> {
  const { bsize, blocks, bavail, files, ffree } = await statfs(path)
  return { capacityBytes: bsize * blocks, availableBytes: bsize * bavail, inodes: files, inodesFree: ffree }
}

/** The node's name unless one is given: the host's, in lower case. */
export function defaultNodeName(): string {
  return hostname().toLowerCase()
}

/** The first IPv4 address that is not a loopback one, of a real interface; 127.0.0.1 on a machine without a network. */
export function defaultNodeAddress(interfaces = networkInterfaces()): string {
  const virtual = /^(docker|cni|navarch|veth|br-|virbr|flannel|cali)/
  for (const [name, addresses] of Object.entries(interfaces)) {
    if (virtual.test(name)) continue
    const found = addresses?.find(({ family, internal }) => family === 'IPv4' && !internal)
    if (found) return found.address
  }
  return '127.0.0.1'
}
