import { existsSync } from 'node:fs'
import { createConnection } from 'node:net'
import { systemClock } from '../base/clock.ts'
import { readConfig } from './cluster/cluster-config.ts'
import type { EtcdConfig } from './cluster/cluster-store.ts'
import { askControl } from './cluster/control-socket.ts'
import type { ClusterPaths } from './cluster/paths.ts'
import type { RunningProcess } from './cluster/process-file.ts'
import { runningProcess } from './cluster/process-file.ts'
import { UsageError } from './usage-error.ts'

const ENDING_MS = 5000
const LOOK_MS = 20

/** The Navarch that runs the cluster; one that is about to end is waited for, a few seconds at most. */
export async function steadyProcess(paths: ClusterPaths): Promise<RunningProcess | undefined> {
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

export function alreadyRunning(paths: ClusterPaths, pid: number, detach: boolean): number {
  const text = `a Navarch already runs the cluster in ${paths.root} (process ${pid})`
  if (!detach) throw new UsageError(`${text}. Stop it with 'navarch down', or name another --data-dir and --port.`)
  process.stdout.write(`${text}\n`)
  return 0
}

/** A cluster does not lose its state by an option: it is moved by hand. */
export function requireNoOtherState(paths: ClusterPaths, { servers, prefix }: EtcdConfig): void {
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

/** `host`: where the server will listen. */
export function requireFreePort(port: number, paths: ClusterPaths, host = '127.0.0.1'): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port })
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
