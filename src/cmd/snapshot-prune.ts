import { pruneSnapshots } from '../store/snapshots/snapshot-directory.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import type { Given } from './options.ts'
import { snapshotDirectory } from './snapshot-options.ts'
import { explained } from './state-fault.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const directory = snapshotDirectory(given, clusterPaths(dataDirectory(given.text('data-dir'))))
  const keep = given.number('keep', { min: 0, max: 1_000_000 })
  if (keep === undefined) {
    throw new UsageError("how many are kept must be said: --keep N. See 'navarch snapshot prune --help'.", {
      exitCode: 2,
    })
  }
  const gone = await explained(async () => pruneSnapshots(directory, keep, given.text('label')))
  for (const { name } of gone) process.stdout.write(`deleted ${name}\n`)
  if (gone.length === 0) process.stdout.write(`nothing to delete in ${directory}\n`)
  return 0
}
