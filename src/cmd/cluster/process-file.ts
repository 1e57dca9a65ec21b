import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterPaths } from './paths.ts'

/** A running Navarch: its process id and when that process began, so that a reused id is not taken for it. */
export interface RunningProcess {
  readonly pid: number
  readonly startTime: string
}

const file = (paths: ClusterPaths): string => join(paths.run, 'navarch.pid')

/** The Navarch that runs this cluster, if one does. */
export function runningProcess(paths: ClusterPaths): RunningProcess | undefined {
  let noted: RunningProcess
  try {
    noted = JSON.parse(readFileSync(file(paths), 'utf8')) as RunningProcess
  } catch {
    return undefined // none was started, or it was stopped in order
  }
  return startTimeOf(noted.pid) === noted.startTime ? noted : undefined
}

/** Notes that this process runs the cluster. */
export function noteProcess(paths: ClusterPaths): void {
  mkdirSync(paths.run, { recursive: true, mode: 0o700 })
  const noted: RunningProcess = { pid: process.pid, startTime: startTimeOf(process.pid) ?? '' }
  writeFileSync(file(paths), JSON.stringify(noted))
}

export function forgetProcess(paths: ClusterPaths): void {
  rmSync(file(paths), { force: true })
}

/** Clock ticks from boot to the process's start (proc(5), field 22); undefined when there is no such process. */
function startTimeOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return processExists(pid) ? 'unknown' : undefined // no /proc: another system
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
