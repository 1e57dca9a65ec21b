import { readFileSync } from 'node:fs'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import type { Given } from './options.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const server = given.text('server')
  if (server !== undefined) requireUrl(server)
  try {
    const text = readFileSync(paths.adminKubeconfig, 'utf8')
    process.stdout.write(server === undefined ? text : await leadingTo(server, text))
    return 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new UsageError(`${paths.adminKubeconfig} cannot be read: ${(error as Error).message}`)
    throw new UsageError(`there is no cluster in ${paths.root}. Start one with 'navarch up'.`)
  }
}

function requireUrl(server: string): void {
  if (/^https:\/\/(\[[\da-f:]+\]|[^/\s:]+)(:\d+)?$/i.test(server)) return
  throw new UsageError(`--server takes https://HOST:PORT, not '${server}'.`, { exitCode: 2 })
}

async function leadingTo(server: string, kubeconfig: string): Promise<string> {
  const { parse, stringify } = await import('yaml')
  const config = parse(kubeconfig) as { clusters: { cluster: { server: string } }[] }
  for (const { cluster } of config.clusters) cluster.server = server
  return stringify(config, { lineWidth: 0 })
}
