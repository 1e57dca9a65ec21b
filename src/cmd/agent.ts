import { systemClock } from '../base/clock.ts'
import { createLogger, LogLevel } from '../base/log.ts'
import { defaultNodeAddress, defaultNodeName } from '../kubelet/node/machine.ts'
import { Agent, isOwnAddress } from './agent/agent.ts'
import { membershipOf } from './agent/membership.ts'
import { nodeSettingsOf } from './agent/node-settings.ts'
import { tokenOptionOf } from './agent/token-option.ts'
import type { ClusterConfig } from './cluster/cluster-config.ts'
import { readConfig } from './cluster/cluster-config.ts'
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
  const log = createLogger({ level: given.has('verbose') ? LogLevel.Info : LogLevel.Warn })
  const rest = { paths, address, named, clock: systemClock, log, report: progress }
  const cgroupRoot = given.text('cgroup-root')
  const token = () => tokenOptionOf(given)
  const membership = await membershipOf({ ...rest, present, nodeName: node.name, cgroupRoot, token })
  if (given.has('detach')) return runDetached(paths, process.argv.slice(2))
  const place = `node ${node.name} of the cluster at ${membership.credentials.current}`
  await runForeground(new Agent({ ...rest, ...membership, node }), { paths, what: 'the node', place })
  return 0
}

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
