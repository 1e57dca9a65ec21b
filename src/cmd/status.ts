import { readConfig } from './cluster/cluster-config.ts'
import { askControl } from './cluster/control-socket.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import type { ClusterStatus } from './cluster/status.ts'
import { statusText } from './cluster/status.ts'
import type { Given } from './options.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const format = given.text('output')
  if (format !== undefined && format !== 'json')
    throw new UsageError(`the output format '${format}' is not known; there is 'json'.`, { exitCode: 2 })
  const status = await askControl<ClusterStatus>(paths.controlSocket, '/status').catch(unlessFailing)
  if (!status) {
    const config = readConfig(paths)
    const state = config ? 'stopped' : 'absent'
    const command = config?.agent ? 'agent' : 'up'
    const remedy = config
      ? `It is stopped; 'navarch ${command} -d' starts it.`
      : "There is none; 'navarch up -d' makes one."
    process.stdout.write(
      format === 'json'
        ? `${JSON.stringify({ state, dataDir: paths.root })}\n`
        : `${config?.agent ? 'Node' : 'Cluster'} in ${paths.root}: ${remedy}\n`,
    )
    return 1
  }
  process.stdout.write(format === 'json' ? `${JSON.stringify(status, null, 2)}\n` : statusText(status))
  return status.components.every(({ healthy }) => healthy) ? 0 : 1
}

/** Nobody answers: it is stopped. What else went wrong is said. */
function unlessFailing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== undefined) return undefined
  throw new UsageError(`the cluster runs and cannot say how it is: ${error.message}.`)
}
