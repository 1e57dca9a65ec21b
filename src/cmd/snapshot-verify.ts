import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { verifySnapshot } from '../store/snapshots/verify-snapshot.ts'
import { requireUsable } from '../store/sqlite/schema.ts'
import { readConfig, storeOf } from './cluster/cluster-config.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import type { Given } from './options.ts'
import { explained } from './state-fault.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  for (const file of given.operands) {
    const { backend, revision } = await explained(() => verifySnapshot(resolve(file)))
    process.stdout.write(`${file} is whole: ${backend}, revision ${revision}\n`)
  }
  if (given.operands.length === 0) await verifyState(given)
  return 0
}

/** The cluster's own database, page by page; it may be in use. */
async function verifyState(given: Given): Promise<void> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const place = storeOf(paths, readConfig(paths) ?? {})
  if ('etcd' in place) {
    throw new UsageError("the state is in etcd, which looks after it itself; name a snapshot's FILE to look at that.")
  }
  if (!existsSync(place.file)) {
    throw new UsageError(`there is no state in ${place.file}. Name the cluster's directory with --data-dir.`)
  }
  await explained(async () => requireUsable(place.file, { whole: true }))
  process.stdout.write(`${place.file} is sound\n`)
}
