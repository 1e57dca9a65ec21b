import { isIP } from 'node:net'
import { join, resolve } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { createLogger, LogLevel, silentLogger } from '../base/log.ts'
import { defaultNodeAddress } from '../kubelet/node/machine.ts'
import { StoreUnavailable } from '../store/store.ts'
import { apiOptionsOf } from './api-options.ts'
import type { ServerRole } from './cluster/cluster.ts'
import type { ClusterConfig } from './cluster/cluster-config.ts'
import { ensureConfig, storeOf } from './cluster/cluster-config.ts'
import { openStore } from './cluster/cluster-store.ts'
import { joinCluster } from './cluster/join-cluster.ts'
import type { ClusterPaths } from './cluster/paths.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import { TokenFile } from './cluster/token-file.ts'
import { etcdConfigOf } from './etcd-options.ts'
import { progress, runCluster } from './foreground.ts'
import { leaderElectionOf } from './leader-election-options.ts'
import type { Given } from './options.ts'
import { snapshotPlanOf } from './snapshot-options.ts'
import { alreadyRunning, requireFreePort, requireNoOtherState, steadyProcess } from './start-checks.ts'
import { runDetached } from './up-detached.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const running = await steadyProcess(paths)
  if (running) return alreadyRunning(paths, running.pid, given.has('detach'))
  const etcd = etcdConfigOf(given)
  if (etcd) requireNoOtherState(paths, etcd)
  const role = roleOf(given) // a bad value is refused before anything starts
  const api = apiOptionsOf(given)
  const simulatedNodes = given.number('simulated-nodes', { min: 0, max: 10_000 }) ?? 0
  const port = given.number('port', { min: 1, max: 65_535 })
  const bindAddress = given.text('bind-address') ?? '0.0.0.0'
  const config = await joined(given, paths, ensureConfig(paths, port, etcd))
  await requireFreePort(config.port, paths, isWildcard(bindAddress) ? undefined : bindAddress)
  const snapshots = await snapshotPlanOf(given, paths, { inEtcd: config.etcd !== undefined })
  if (given.has('detach')) return runDetached(paths, process.argv.slice(2))
  const log = createLogger({ level: given.has('verbose') ? LogLevel.Info : LogLevel.Warn })
  const rest = { ...(snapshots && { snapshots }), clock: systemClock, log, report: progress }
  await runCluster({ paths, config, bindAddress, ...api, simulatedNodes, role, ...rest })
  return 0
}

/** With a store that other servers have too, its secrets and network are the cluster's. */
async function joined(given: Given, paths: ClusterPaths, config: ClusterConfig): Promise<ClusterConfig> {
  if (!config.etcd) return config
  const file = given.text('token-file')
  const tokenFile = new TokenFile(file ? resolve(file) : join(paths.root, 'token'))
  const { store } = await openStore(storeOf(paths, config), { clock: systemClock, log: silentLogger })
  try {
    return await joinCluster({ store, paths, config, tokenFile, clock: systemClock })
  } catch (error) {
    if (error instanceof StoreUnavailable) throw new UsageError(`${error.message}.`, { cause: error })
    throw error
  } finally {
    await store.close()
  }
}

function roleOf(given: Given): ServerRole {
  const election = leaderElectionOf(given)
  return {
    advertiseAddress: advertiseAddressOf(given),
    tlsSans: given.texts('tls-san').flatMap((text) => text.split(',').filter(Boolean)),
    ...(election && { election }),
  }
}

/** As upstream: the named one, else where it listens, else the host's first address. Endpoints cannot be loopback. */
function advertiseAddressOf(given: Given): string {
  const named = given.text('advertise-address')
  const bound = given.text('bind-address')
  if (named === undefined) return bound && !isWildcard(bound) && !isLoopback(bound) ? bound : defaultNodeAddress()
  if (isIP(named) !== 0 && !isWildcard(named) && !isLoopback(named)) return named
  throw new UsageError(
    `--advertise-address takes the IP address by which nodes and other servers reach this one, not '${named}'.`,
    { exitCode: 2 },
  )
}

const isWildcard = (address: string): boolean => ['0.0.0.0', '::'].includes(address)
const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1'
