import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { createLogger, LogLevel } from '../base/log.ts'
import { defaultNodeAddress, defaultNodeName } from '../kubelet/node/machine.ts'
import { Agent, isOwnAddress } from './agent/agent.ts'
import { discoverAuthority, NEW_TOKEN } from './agent/discover-cluster.ts'
import { joinAsNode } from './agent/join.ts'
import { isAuthorityHash, type JoinToken, parseJoinToken } from './agent/join-token.ts'
import { KnownServers } from './agent/known-servers.ts'
import { NodeCredentials } from './agent/node-credentials.ts'
import { nodeSettingsOf } from './agent/node-settings.ts'
import type { ClusterConfig } from './cluster/cluster-config.ts'
import { freeInstance, readConfig, writeConfig } from './cluster/cluster-config.ts'
import type { NodeSettings } from './cluster/node.ts'
import type { ClusterPaths } from './cluster/paths.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import { progress, runForeground } from './foreground.ts'
import { requireNodeHost } from './node-host.ts'
import type { Given } from './options.ts'
import { alreadyRunning, steadyProcess } from './start-checks.ts'
import { runDetached } from './up-detached.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const running = await steadyProcess(paths)
  if (running) return alreadyRunning(paths, running.pid, given.has('detach'))
  const present = presentConfig(paths)
  const node = nodeSettingsOf(given, nodeNameOf(given, present))
  const address = addressOf(given)
  const named = serversOf(given)
  await requireNodeHost("Use 'navarch up --no-node --simulated-nodes 1'")
  const { ca, config, known, credentials } = await joined(given, { paths, present, node, address, named })
  if (given.has('detach')) return runDetached(paths, process.argv.slice(2))
  const log = logOf(given)
  const rest = { clock: systemClock, log, report: progress }
  const agent = new Agent({ paths, config, node, address, ca, credentials, named, known, ...rest })
  await runForeground(agent, {
    paths,
    what: 'the node',
    place: `node ${node.name} of the cluster at ${credentials.current}`,
  })
  return 0
}

const logOf = (given: Given) => createLogger({ level: given.has('verbose') ? LogLevel.Info : LogLevel.Warn })

/** What this node joined with; undefined for a new one. */
function presentConfig(paths: ClusterPaths): ClusterConfig | undefined {
  const config = readConfig(paths)
  if (!config || config.agent) return config
  throw new UsageError(`${paths.root} has a cluster of its own. Name another --data-dir for this node.`)
}

function nodeNameOf(given: Given, present: ClusterConfig | undefined): string {
  const known = present?.agent?.nodeName
  const named = given.text('node-name') ?? known ?? defaultNodeName()
  if (known === undefined || known === named) return named
  throw new UsageError(
    `this node joined as ${known} and cannot be called ${named} now. Leave --node-name as it was, or 'navarch delete' it and join again.`,
  )
}

function addressOf(given: Given): string {
  const named = given.text('node-ip')
  const address = named ?? defaultNodeAddress()
  if (address.startsWith('127.') || (named !== undefined && !isOwnAddress(named))) {
    throw new UsageError(
      named === undefined
        ? 'this host has no IPv4 address by which others could reach it. Name one with --node-ip.'
        : `--node-ip ${named} is no address of this host that others reach.`,
    )
  }
  return address
}

function serversOf(given: Given): string[] {
  return given.texts('server').flatMap((text) => text.split(',').filter(Boolean).map(serverOf))
}

function serverOf(text: string): string {
  if (/^https:\/\/(\[[\da-f:]+\]|[^/\s:]+)(:\d+)?\/?$/i.test(text)) return text.replace(/\/$/, '')
  throw new UsageError(`--server takes https://HOST:PORT, not '${text}'.`, { exitCode: 2 })
}

interface Joining {
  readonly paths: ClusterPaths
  readonly present: ClusterConfig | undefined
  readonly node: NodeSettings
  readonly address: string
  readonly named: readonly string[]
}

interface Joined {
  readonly ca: string
  readonly config: ClusterConfig
  readonly known: KnownServers
  readonly credentials: NodeCredentials
}

/** What the node has of its cluster: what it kept, or what it is given on joining. */
async function joined(given: Given, joining: Joining): Promise<Joined> {
  const { paths, present, node, address, named } = joining
  makeDirectory(paths)
  const known = new KnownServers(join(paths.root, 'servers.json'))
  const servers = [...new Set([...named, ...known.servers])]
  if (servers.length === 0)
    throw missing('--server is missing: name a server of the cluster to join, https://HOST:6443')
  const common = { directory: paths.pki, nodeName: node.name, address, servers, clock: systemClock, log: logOf(given) }
  const authorityFile = join(paths.pki, 'ca.crt')
  if (present && existsSync(authorityFile)) {
    const ca = readFileSync(authorityFile, 'utf8')
    const credentials = new NodeCredentials({ ...common, ca })
    if (credentials.hasJoined) return { ca, config: present, known, credentials }
    if (given.text('token-file') === undefined) throw expired(node.name)
  }
  const token = tokenOf(given)
  const signals = { clock: systemClock, signal: new AbortController().signal }
  const ca = await discoverAuthority(servers, token, signals)
  const credentials = new NodeCredentials({ ...common, ca })
  const network = await joinAsNode({ ...common, ca, token, credentials }, signals.signal)
  writeFileSync(authorityFile, ca, { mode: 0o600 })
  const cgroupRoot = given.text('cgroup-root') ?? present?.agent?.cgroupRoot
  const agent = { nodeName: node.name, ...(cgroupRoot !== undefined && { cgroupRoot }), network }
  const config = { ...(present ?? { formatVersion: 1, port: 0, instance: freeInstance(paths) }), agent }
  writeConfig(paths, config)
  known.add(named)
  progress(`this host is the node ${node.name} of the cluster at ${credentials.current}`)
  return { ca, config, known, credentials }
}

function makeDirectory(paths: ClusterPaths): void {
  try {
    mkdirSync(paths.pki, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new UsageError(
      `the data directory ${paths.root} cannot be written: ${(error as Error).message}. Name another with --data-dir.`,
    )
  }
}

/** The token that was named, with the hashes that vouch for the cluster. */
function tokenOf(given: Given): JoinToken {
  const file = given.text('token-file')
  if (file === undefined)
    throw missing("--token-file is missing: a node joins with what 'navarch token create' prints on a server")
  const parsed = parseJoinToken(textOf(resolve(file)))
  if (!parsed) throw new UsageError(`${file} has no token of the form [sha256:…::]id.secret. ${NEW_TOKEN}`)
  const named = given.texts('discovery-token-ca-cert-hash').flatMap((text) => text.split(',').filter(Boolean))
  const wrong = named.find((hash) => !isAuthorityHash(hash))
  if (wrong !== undefined) {
    throw new UsageError(`--discovery-token-ca-cert-hash takes sha256: and 64 hexadecimal digits, not '${wrong}'.`, {
      exitCode: 2,
    })
  }
  const authorityHashes = [...parsed.authorityHashes, ...named]
  if (authorityHashes.length > 0) return { token: parsed.token, authorityHashes }
  throw new UsageError(
    `the token in ${file} does not say by what to know the cluster. Take the whole line that 'navarch token create' prints, or add --discovery-token-ca-cert-hash sha256:….`,
  )
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`the token file cannot be read: ${(error as Error).message}.`, { cause: error })
  }
}

const missing = (what: string): UsageError => new UsageError(`${what}.`, { exitCode: 2 })

const expired = (name: string): UsageError =>
  new UsageError(
    `the certificate of the node ${name} has expired or is not of its cluster. Join again with --token-file. ${NEW_TOKEN}`,
  )
