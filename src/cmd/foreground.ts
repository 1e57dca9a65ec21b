import type { Component } from '../base/component.ts'
import type { ClusterOptions } from './cluster/cluster.ts'
import type { ClusterPaths } from './cluster/paths.ts'
import { forgetProcess, noteProcess } from './cluster/process-file.ts'
import { UsageError } from './usage-error.ts'

/** Set for the background process: progress goes to the process that started it. */
export const DETACHED = 'NAVARCH_DETACHED'

/** What runs in the foreground: a cluster, or a node of one. */
export interface Program extends Component {
  whenReady(): Promise<void>
}

/**
 * Runs a cluster in this process until a signal stops it; answers that signal. Throws a UsageError when it fails. Loads the
 * cluster's code: who only starts another process does without.
 */
export async function runCluster(options: ClusterOptions): Promise<NodeJS.Signals | undefined> {
  const { Cluster, localServer } = await import('./cluster/cluster.ts')
  const { paths, config, bindAddress } = options
  const place = `API ${localServer(bindAddress, config)}, kubeconfig ${paths.adminKubeconfig}`
  return runForeground(new Cluster(options), { paths, what: 'the cluster', place, port: config.port })
}

export interface ForegroundOptions {
  readonly paths: ClusterPaths
  /** What stopped, in messages. */
  readonly what: string
  /** Told when it is ready. */
  readonly place: string
  /** Which it listens at, in messages. */
  readonly port?: number
}

/** Runs a program in this process until a signal stops it; answers that signal. Throws a UsageError when it fails. */
export async function runForeground(program: Program, options: ForegroundOptions): Promise<NodeJS.Signals | undefined> {
  const { paths } = options
  noteProcess(paths)
  const stop = new AbortController()
  const stopped = listenForSignals(stop)
  void program.whenReady().then(
    () => announce(options.place),
    () => undefined,
  )
  try {
    await program.run(stop.signal)
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(explain(error as NodeJS.ErrnoException, options), { cause: error })
  } finally {
    forgetProcess(paths)
  }
  return stopped()
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

function explain(error: NodeJS.ErrnoException, { what, port }: ForegroundOptions): string {
  const root = (error.cause ?? error) as NodeJS.ErrnoException
  if (root.code === 'EADDRINUSE' && port !== undefined)
    return `port ${port} is taken by another program. Name a free one with --port.`
  if (root.code === 'ENOSPC') return `the disk is full: ${root.message}. Free some space and start again.`
  return `${what} stopped: ${error.message}`
}

/** Background: to the process that started this one, and the log. */
export function progress(line: string): void {
  if (process.connected && process.send && process.env[DETACHED]) process.send({ progress: line })
  process.stderr.write(`navarch: ${line}\n`)
}

function announce(place: string): void {
  if (process.connected && process.send && process.env[DETACHED]) {
    process.send({ ready: true })
    process.disconnect?.()
  }
  process.stderr.write(`navarch: ${place}\n`)
}
