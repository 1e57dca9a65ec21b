import { readFileSync } from 'node:fs'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import type { Given } from './options.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  try {
    process.stdout.write(readFileSync(paths.adminKubeconfig, 'utf8'))
    return 0
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new UsageError(`${paths.adminKubeconfig} cannot be read: ${(error as Error).message}`)
    throw new UsageError(`there is no cluster in ${paths.root}. Start one with 'navarch up'.`)
  }
}
