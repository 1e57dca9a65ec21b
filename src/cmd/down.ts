import { setTimeout as delay } from 'node:timers/promises'
import { readConfig } from './cluster/cluster-config.ts'
import type { ClusterPaths } from './cluster/paths.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import { runningProcess } from './cluster/process-file.ts'
import type { Given } from './options.ts'

const STOP_MS = 20_000
const LOOK_MS = 20

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const config = readConfig(paths)
  if (!config) {
    process.stdout.write(`there is no cluster in ${paths.root}\n`)
    return 0
  }
  await stopCluster(paths)
  process.stdout.write(`the ${config.agent ? 'node' : 'cluster'} in ${paths.root} is stopped; its data is kept\n`)
  return 0
}

/** Stops Navarch itself, then whatever it left for its next start. */
export async function stopCluster(paths: ClusterPaths): Promise<void> {
  const running = runningProcess(paths)
  if (running) {
    process.kill(running.pid, 'SIGTERM')
    const deadline = performance.now() + STOP_MS
    while (runningProcess(paths) && performance.now() < deadline) await delay(LOOK_MS)
    if (runningProcess(paths)) process.kill(running.pid, 'SIGKILL')
  }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return // there never was a node
  const { tearDown } = await import('./cluster/tear-down.ts')
  await tearDown(paths, { report: (line) => process.stderr.write(`navarch: ${line}\n`) })
}
