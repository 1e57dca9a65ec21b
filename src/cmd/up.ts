import { systemClock } from '../base/clock.ts'
import { createLogger, LogLevel } from '../base/log.ts'
import { defaultNodeName } from '../kubelet/node/machine.ts'
import { apiOptionsOf } from './api-options.ts'
import type { ClusterOptions } from './cluster/cluster.ts'
import type { ClusterConfig } from './cluster/cluster-config.ts'
import { ensureConfig } from './cluster/cluster-config.ts'
import type { ClusterPaths } from './cluster/paths.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import { etcdConfigOf } from './etcd-options.ts'
import { progress, runCluster } from './foreground.ts'
import { requireNodeHost } from './node-host.ts'
import type { Given } from './options.ts'
import { snapshotPlanOf } from './snapshot-options.ts'
import { alreadyRunning, requireFreePort, requireNoOtherState, steadyProcess } from './start-checks.ts'
import { runDetached } from './up-detached.ts'

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const running = await steadyProcess(paths)
  if (running) return alreadyRunning(paths, running.pid, given.has('detach'))
  const port = given.number('port', { min: 1, max: 65_535 })
  const withNode = !given.has('no-node')
  if (withNode) await requireNodeHost("Use 'navarch up --no-node --simulated-nodes 1'")
  apiOptionsOf(given) // a bad value is refused before anything starts
  given.number('simulated-nodes', { min: 0, max: 10_000 })
  const etcd = etcdConfigOf(given)
  if (etcd) requireNoOtherState(paths, etcd)
  await snapshotPlanOf(given, paths, { inEtcd: etcd !== undefined })
  const config = ensureConfig(paths, port, etcd)
  await requireFreePort(config.port, paths)
  return given.has('detach') ? runDetached(paths, process.argv.slice(2)) : runHere(given, paths, config)
}

async function runHere(given: Given, paths: ClusterPaths, config: ClusterConfig): Promise<number> {
  const name = given.text('node-name') ?? defaultNodeName()
  const endpoint = given.text('container-runtime-endpoint')
  const snapshots = await snapshotPlanOf(given, paths, { inEtcd: config.etcd !== undefined })
  const options: ClusterOptions = {
    paths,
    config,
    log: createLogger({ level: given.has('verbose') ? LogLevel.Info : LogLevel.Warn }),
    clock: systemClock,
    bindAddress: given.text('bind-address') ?? '127.0.0.1',
    ...apiOptionsOf(given),
    simulatedNodes: given.number('simulated-nodes', { min: 0, max: 10_000 }) ?? 0,
    ...(!given.has('no-node') && { node: { name, ...(endpoint && { runtimeEndpoint: endpoint }) } }),
    ...(snapshots && { snapshots }),
    report: progress,
  }
  const stoppedBy = await runCluster(options)
  if (stoppedBy === 'SIGINT' && options.node) {
    const { tearDown } = await import('./cluster/tear-down.ts')
    await tearDown(paths, { report: progress })
  }
  return 0
}
