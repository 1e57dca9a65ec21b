import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import { stopCluster } from './down.ts'
import type { Given } from './options.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  if (!existsSync(paths.root)) {
    process.stdout.write(`there is no cluster in ${paths.root}\n`)
    return 0
  }
  if (!existsSync(paths.config)) {
    throw new UsageError(
      `${paths.root} is not a cluster's data directory: it has no cluster.json. Nothing was deleted.`,
    )
  }
  if (!given.has('yes') && !(await confirmed(paths.root))) return 1
  await stopCluster(paths)
  await removeTree(paths.root)
  process.stdout.write(`the cluster in ${paths.root} is deleted\n`)
  return 0
}

/** A directory on which a file system is mounted cannot go itself: then what is in it does. */
async function removeTree(root: string): Promise<void> {
  try {
    await rm(root, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error
    for (const name of await readdir(root)) await rm(join(root, name), { recursive: true, force: true })
  }
}

async function confirmed(root: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError(`this deletes all data in ${root}. Say --yes to do so.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Delete the cluster in ${root} with all its data? [y/N] `)
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}
