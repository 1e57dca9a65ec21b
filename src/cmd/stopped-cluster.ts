import type { ClusterPaths } from './cluster/paths.ts'
import { runningProcess } from './cluster/process-file.ts'
import { UsageError } from './usage-error.ts'

/** Throws a UsageError while a Navarch runs the cluster: its state may not be changed below it. */
export function requireStopped(paths: ClusterPaths): void {
  const running = runningProcess(paths)
  if (!running) return
  throw new UsageError(
    `a Navarch runs the cluster in ${paths.root} (process ${running.pid}). Stop it with 'navarch down' first.`,
  )
}

/** For the names of files that are kept: `20260131T120000Z`. */
export function fileStamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`
}
