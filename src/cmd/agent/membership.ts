import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import type { AgentConfig, ClusterConfig } from '../cluster/cluster-config.ts'
import { freeInstance, writeConfig } from '../cluster/cluster-config.ts'
import type { ClusterPaths } from '../cluster/paths.ts'
import { UsageError } from '../usage-error.ts'
import { discoverAuthority } from './discover-cluster.ts'
import { joinAsNode } from './join.ts'
import type { JoinToken } from './join-token.ts'
import { KnownServers } from './known-servers.ts'
import { NodeCredentials } from './node-credentials.ts'

export interface MembershipOptions {
  readonly paths: ClusterPaths
  /** What this node joined with; absent for a new one. */
  readonly present: ClusterConfig | undefined
  readonly nodeName: string
  readonly address: string
  readonly cgroupRoot: string | undefined
  /** Servers that the user named. */
  readonly named: readonly string[]
  /** Asked for when one is needed. Throws a UsageError where none was given. */
  token(): JoinToken
  readonly clock: Clock
  readonly log: Logger
  readonly report: (line: string) => void
}

/** What makes a data directory that of a node. */
export interface Membership {
  /** The cluster's authority, PEM. */
  readonly ca: string
  readonly config: ClusterConfig
  readonly known: KnownServers
  readonly credentials: NodeCredentials
}

/** What the node kept of its cluster; without a certificate that is still good it joins. Throws UsageErrors. */
export async function membershipOf(options: MembershipOptions): Promise<Membership> {
  const { paths, present, named, nodeName } = options
  makeDirectory(paths)
  const known = new KnownServers(join(paths.root, 'servers.json'))
  const servers = [...new Set([...named, ...known.servers])]
  if (servers.length === 0) {
    throw new UsageError('--server is missing: name a server of the cluster to join, https://HOST:6443.', {
      exitCode: 2,
    })
  }
  const kept = present && keptMembership(options, present, servers, known)
  if (kept) return kept
  const { ca, credentials, network } = await joinCluster(options, servers)
  const agent = agentConfig(options, network)
  const config = { ...(present ?? { formatVersion: 1, port: 0, instance: freeInstance(paths) }), agent }
  writeConfig(paths, config)
  known.add(named)
  options.report(`this host is the node ${nodeName} of the cluster at ${credentials.current}`)
  return { ca, config, known, credentials }
}

function keptMembership(
  options: MembershipOptions,
  config: ClusterConfig,
  servers: readonly string[],
  known: KnownServers,
): Membership | undefined {
  const file = authorityFile(options.paths)
  if (!existsSync(file)) return undefined
  const ca = readFileSync(file, 'utf8')
  const credentials = credentialsOf(options, servers, ca)
  return credentials.hasJoined ? { ca, config, known, credentials } : undefined
}

async function joinCluster(options: MembershipOptions, servers: readonly string[]) {
  const { paths, present, nodeName, clock, log } = options
  const token = tokenOf(options, present !== undefined)
  const { signal } = new AbortController()
  const ca = await discoverAuthority(servers, token, { clock, signal })
  const credentials = credentialsOf(options, servers, ca)
  const network = await joinAsNode({ servers, token, ca, nodeName, credentials, clock, log }, signal)
  writeFileSync(authorityFile(paths), ca, { mode: 0o600 })
  return { ca, credentials, network }
}

const authorityFile = ({ pki }: ClusterPaths): string => join(pki, 'ca.crt')

function credentialsOf(options: MembershipOptions, servers: readonly string[], ca: string): NodeCredentials {
  const { paths, nodeName, address, clock, log } = options
  return new NodeCredentials({ directory: paths.pki, nodeName, address, ca, servers, clock, log })
}

function agentConfig(
  { nodeName, cgroupRoot, present }: MembershipOptions,
  network: AgentConfig['network'],
): AgentConfig {
  const root = cgroupRoot ?? present?.agent?.cgroupRoot
  return { nodeName, ...(root !== undefined && { cgroupRoot: root }), network }
}

/** A node that was one before is told why it has to join again. */
function tokenOf({ token, nodeName }: MembershipOptions, again: boolean): JoinToken {
  try {
    return token()
  } catch (error) {
    if (!again || !(error instanceof UsageError)) throw error
    throw new UsageError(
      `the certificate of the node ${nodeName} has expired or is not of its cluster, so that it has to join again: ${error.message}`,
      { cause: error },
    )
  }
}

function makeDirectory({ root, pki }: ClusterPaths): void {
  try {
    mkdirSync(pki, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new UsageError(
      `the data directory ${root} cannot be written: ${(error as Error).message}. Name another with --data-dir.`,
    )
  }
}
