import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { UsageError } from '../usage-error.ts'
import type { EtcdConfig, StoreChoice } from './cluster-store.ts'
import type { ClusterPaths } from './paths.ts'

/** What a cluster is made with once and keeps. */
export interface ClusterConfig {
  /** Of the data directory's layout; a newer one is refused. */
  readonly formatVersion: number
  readonly port: number
  /** Tells clusters on one host apart: 0 has the well-known addresses, others have their own. */
  readonly instance: number
  /** Where the state is, when not in the data directory. */
  readonly etcd?: EtcdConfig
  /** This is no cluster but a node of one that runs elsewhere. */
  readonly agent?: AgentConfig
}

/** What a node is to the cluster that it joined. */
export interface AgentConfig {
  readonly nodeName: string
  readonly cgroupRoot?: string
  readonly network: Omit<ClusterNetwork, 'bridge'>
}

/** Addresses and names that follow from the instance. */
export interface ClusterNetwork {
  readonly bridge: string
  readonly clusterCIDR: string
  readonly serviceCIDR: string
  readonly apiServiceIP: string
  readonly dnsIP: string
}

const FORMAT_VERSION = 1
const MAX_INSTANCES = 8

const bridgeOf = (instance: number): string => `navarch${instance}`

export function clusterNetwork({ instance, agent }: Pick<ClusterConfig, 'instance' | 'agent'>): ClusterNetwork {
  if (agent) return { ...agent.network, bridge: bridgeOf(instance) }
  const services = `10.${96 + 16 * instance}.0`
  return {
    bridge: bridgeOf(instance),
    clusterCIDR: `10.${244 + instance}.0.0/16`,
    serviceCIDR: `${services}.0/12`,
    apiServiceIP: `${services}.1`,
    dnsIP: `${services}.10`,
  }
}

/** What this host's containers run below, as nodes on one host have cgroups of their own. */
export function cgroupRoot({ instance, agent }: Pick<ClusterConfig, 'instance' | 'agent'>): string {
  return agent?.cgroupRoot ?? (instance === 0 ? '' : `navarch${instance}`)
}

/** The configuration of a cluster that was started before; undefined for a new one. */
export function readConfig(paths: ClusterPaths): ClusterConfig | undefined {
  let text: string
  try {
    text = readFileSync(paths.config, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new UsageError(`${paths.config} cannot be read: ${(error as Error).message}`)
  }
  const config = JSON.parse(text) as ClusterConfig
  if (config.formatVersion > FORMAT_VERSION) {
    throw new UsageError(
      `the data directory ${paths.root} was written by a newer Navarch (format ${config.formatVersion}, this one knows ${FORMAT_VERSION}). Use that version, or another --data-dir.`,
    )
  }
  return config
}

/** The configuration, made on first start. A port or an etcd that is named is kept from then on. */
export function ensureConfig(paths: ClusterPaths, port: number | undefined, etcd?: EtcdConfig): ClusterConfig {
  const present = readConfig(paths)
  if (present?.agent) {
    throw new UsageError(`${paths.root} is the directory of a node that 'navarch agent' runs. Name another --data-dir.`)
  }
  const config = present ?? { formatVersion: FORMAT_VERSION, port: port ?? 6443, instance: freeInstance(paths) }
  const wanted: ClusterConfig = { ...config, port: port ?? config.port, ...(etcd && { etcd }) }
  if (!isDeepStrictEqual(present, wanted)) writeConfig(paths, wanted)
  return wanted
}

/** Where the cluster's state is. */
export function storeOf(paths: ClusterPaths, { etcd }: Pick<ClusterConfig, 'etcd'>): StoreChoice {
  return etcd ? { etcd } : { file: paths.database }
}

export function writeConfig(paths: ClusterPaths, config: ClusterConfig): void {
  try {
    mkdirSync(paths.root, { recursive: true, mode: 0o700 })
    writeFileSync(`${paths.config}.new`, `${JSON.stringify(config, null, 2)}\n`)
    renameSync(`${paths.config}.new`, paths.config)
  } catch (error) {
    throw new UsageError(
      `the data directory ${paths.root} cannot be written: ${(error as Error).message}. Name another with --data-dir.`,
    )
  }
}

/** The first instance whose bridge this host does not have. */
export function freeInstance(paths: ClusterPaths): number {
  const links = new Set(interfaceNames())
  for (let instance = 0; instance <= MAX_INSTANCES; instance++) if (!links.has(`navarch${instance}`)) return instance
  throw new UsageError(
    `this host already has ${MAX_INSTANCES + 1} Navarch clusters; delete one with 'navarch delete --data-dir …' before starting ${paths.root}.`,
  )
}

/** All interfaces, those without an address too where the system shows them. */
function interfaceNames(): string[] {
  try {
    return readdirSync('/sys/class/net')
  } catch {
    return Object.keys(networkInterfaces()) // not Linux
  }
}
