import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
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
  await rm(paths.root, { recursive: true, force: true })
  process.stdout.write(`the cluster in ${paths.root} is deleted\n`)
  return 0
}

async function confirmed(root: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new UsageError(`this deletes all data in ${root}. Say --yes to do so.`)
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question(`Delete the cluster in ${root} with all its data? [y/N] `)
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}
