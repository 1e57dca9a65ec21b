import { existsSync } from 'node:fs'
import { createConnection } from 'node:net'
import { FeatureGates } from '../api/feature-gates.ts'
import { systemClock } from '../base/clock.ts'
import { createLogger, LogLevel } from '../base/log.ts'
import { defaultNodeName } from '../kubelet/node/machine.ts'
import type { ClusterOptions } from './cluster/cluster.ts'
import { Cluster } from './cluster/cluster.ts'
import type { ClusterConfig } from './cluster/cluster-config.ts'
import { ensureConfig, readConfig } from './cluster/cluster-config.ts'
import type { EtcdConfig } from './cluster/cluster-store.ts'
import { askControl } from './cluster/control-socket.ts'
import type { ClusterPaths } from './cluster/paths.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import type { RunningProcess } from './cluster/process-file.ts'
import { forgetProcess, noteProcess, runningProcess } from './cluster/process-file.ts'
import { etcdConfigOf } from './etcd-options.ts'
import type { Given } from './options.ts'
import { snapshotPlanOf } from './snapshot-options.ts'
import { runDetached } from './up-detached.ts'
import { UsageError } from './usage-error.ts'

/** Set for the background process: progress goes to the process that started it. */
export const DETACHED = 'NAVARCH_DETACHED'

const ENDING_MS = 5000
const LOOK_MS = 20

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const running = await steadyProcess(paths)
  if (running) return alreadyRunning(paths, running.pid, given.has('detach'))
  const port = given.number('port', { min: 1, max: 65_535 })
  const withNode = !given.has('no-node')
  if (withNode) await checkHost()
  runtimeConfigOf(given) // a bad value is refused before anything starts
  featureGatesOf(given)
  given.number('simulated-nodes', { min: 0, max: 10_000 })
  const etcd = etcdConfigOf(given)
  if (etcd) requireNoOtherState(paths, etcd)
  await snapshotPlanOf(given, paths, { inEtcd: etcd !== undefined })
  const config = ensureConfig(paths, port, etcd)
  await checkPort(config.port, paths)
  return given.has('detach') ? runDetached(paths, process.argv.slice(2)) : runForeground(given, paths, config)
}

/** The Navarch that runs the cluster; one that is about to end is waited for, a few seconds at most. */
async function steadyProcess(paths: ClusterPaths): Promise<RunningProcess | undefined> {
  const deadline = systemClock.monotonic() + ENDING_MS
  for (let running = runningProcess(paths); running; running = runningProcess(paths)) {
    const answers = await askControl(paths.controlSocket, '/status').then(
      () => true,
      () => false,
    )
    if (answers || systemClock.monotonic() > deadline) return running
    await systemClock.sleep(LOOK_MS)
  }
  return undefined
}

function alreadyRunning(paths: ClusterPaths, pid: number, detach: boolean): number {
  const text = `a Navarch already runs the cluster in ${paths.root} (process ${pid})`
  if (!detach) throw new UsageError(`${text}. Stop it with 'navarch down', or name another --data-dir and --port.`)
  process.stdout.write(`${text}\n`)
  return 0
}

/** A cluster does not lose its state by an option: it is moved by hand. */
function requireNoOtherState(paths: ClusterPaths, { servers, prefix }: EtcdConfig): void {
  const known = readConfig(paths)?.etcd
  if (known && known.prefix !== prefix) {
    throw new UsageError(
      `the cluster in ${paths.root} has its state below ${known.prefix} in etcd, not ${prefix}. Leave --etcd-prefix as it was, or name another --data-dir.`,
    )
  }
  if (known || !existsSync(paths.database)) return
  throw new UsageError(
    `the cluster in ${paths.root} has its state in ${paths.database}. Move it with 'navarch migrate --to etcd --etcd-servers ${servers.join(',')}', or name another --data-dir.`,
  )
}

/** What a node needs of the host, checked before anything is changed. */
async function checkHost(): Promise<void> {
  if (process.platform !== 'linux') {
    throw new UsageError(
      `a node with real containers needs Linux, and this is ${process.platform}. Use 'navarch up --no-node --simulated-nodes 1' here.`,
    )
  }
  if (process.getuid?.() !== 0) {
    throw new UsageError(
      "a node with real containers needs root. Run it with sudo, or use 'navarch up --no-node --simulated-nodes 1'.",
    )
  }
  const { missingPrograms } = await import('./cluster/host-programs.ts')
  const missing = missingPrograms()
  if (missing.length > 0) {
    throw new UsageError(
      `these programs are missing on this host: ${missing.join(', ')}. Run 'tools/setup' or install them with the distribution's package manager.`,
    )
  }
}

function checkPort(port: number, paths: ClusterPaths): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.on('connect', () => {
      socket.destroy()
      reject(
        new UsageError(
          `port ${port} is taken by another program. Name a free one with --port (the cluster in ${paths.root} keeps it).`,
        ),
      )
    })
    socket.on('error', () => resolve())
  })
}

function runtimeConfigOf(given: Given): Readonly<Record<string, boolean>> {
  const entries = given.texts('runtime-config').flatMap((text) => text.split(','))
  return Object.fromEntries(
    entries.map((entry) => {
      const [key = '', value = 'true'] = entry.split('=')
      if (value !== 'true' && value !== 'false')
        throw new UsageError(`--runtime-config takes KEY=true or KEY=false, not '${entry}'.`, { exitCode: 2 })
      return [key, value === 'true']
    }),
  )
}

/** A refusal has upstream's words, the flag's included. */
function featureGatesOf(given: Given): FeatureGates {
  const texts = given.texts('feature-gates')
  try {
    return FeatureGates.parse(texts)
  } catch (error) {
    const text = `invalid argument ${JSON.stringify(texts.join(','))} for "--feature-gates" flag: ${(error as Error).message}`
    throw new UsageError(text, { exitCode: 2, cause: error })
  }
}

async function runForeground(given: Given, paths: ClusterPaths, config: ClusterConfig): Promise<number> {
  const log = createLogger({ level: given.has('verbose') ? LogLevel.Info : LogLevel.Warn })
  const name = given.text('node-name') ?? defaultNodeName()
  const endpoint = given.text('container-runtime-endpoint')
  const snapshots = await snapshotPlanOf(given, paths, { inEtcd: config.etcd !== undefined })
  const options: ClusterOptions = {
    paths,
    config,
    log,
    clock: systemClock,
    bindAddress: given.text('bind-address') ?? '127.0.0.1',
    runtimeConfig: runtimeConfigOf(given),
    featureGates: featureGatesOf(given),
    simulatedNodes: given.number('simulated-nodes', { min: 0, max: 10_000 }) ?? 0,
    ...(!given.has('no-node') && { node: { name, ...(endpoint && { runtimeEndpoint: endpoint }) } }),
    ...(snapshots && { snapshots }),
    report: progress,
  }
  noteProcess(paths)
  const stop = new AbortController()
  const stopped = listenForSignals(stop)
  const cluster = new Cluster(options)
  void cluster.whenReady().then(
    () => announce(options),
    () => undefined,
  )
  try {
    await cluster.run(stop.signal)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(explain(error as NodeJS.ErrnoException, config), { cause: error })
  } finally {
    forgetProcess(paths)
  }
  if (stopped() === 'SIGINT' && options.node) {
    const { tearDown } = await import('./cluster/tear-down.ts')
    await tearDown(paths, { report: progress })
  }
  return 0
}

/** The first signal stops in order, a second one at once. */
function listenForSignals(stop: AbortController): () => NodeJS.Signals | undefined {
  let first: NodeJS.Signals | undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (first) process.exit(130)
      first = signal
      progress(signal === 'SIGINT' ? 'stopping; again Ctrl-C stops at once' : 'stopping')
      stop.abort()
    })
  }
  return () => first
}

function explain(error: NodeJS.ErrnoException, { port }: ClusterConfig): string {
  const root = (error.cause ?? error) as NodeJS.ErrnoException
  if (root.code === 'EADDRINUSE') return `port ${port} is taken by another program. Name a free one with --port.`
  if (root.code === 'ENOSPC') return `the disk is full: ${root.message}. Free some space and start again.`
  return `the cluster stopped: ${error.message}`
}

/** Background: to the process that started this one, and the log. */
function progress(line: string): void {
  if (process.connected && process.send && process.env[DETACHED]) process.send({ progress: line })
  process.stderr.write(`navarch: ${line}\n`)
}

function announce({ paths, config }: ClusterOptions): void {
  if (process.connected && process.send && process.env[DETACHED]) {
    process.send({ ready: true })
    process.disconnect?.()
  }
  process.stderr.write(`navarch: API https://127.0.0.1:${config.port}, kubeconfig ${paths.adminKubeconfig}\n`)
}
