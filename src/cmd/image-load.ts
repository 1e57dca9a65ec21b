import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { askControl } from './cluster/control-socket.ts'
import { clusterPaths, dataDirectory } from './cluster/paths.ts'
import type { Given } from './options.ts'
import { UsageError } from './usage-error.ts'

export async function run(given: Given): Promise<number> {
  if (given.operands.length === 0)
    throw new UsageError("name the archives to load: 'navarch image load FILE…'.", { exitCode: 2 })
  const files = given.operands.map((file) => resolve(file))
  for (const file of files) {
    await access(file).catch((error: Error) => {
      throw new UsageError(`${file} cannot be read: ${error.message}`)
    })
  }
  const paths = clusterPaths(dataDirectory(given.text('data-dir')))
  const names = await askControl<string[]>(paths.controlSocket, '/images', files).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED')
        throw new UsageError(`no cluster runs in ${paths.root}. Start it with 'navarch up'.`)
      throw new UsageError(error.message)
    },
  )
  for (const name of names) process.stdout.write(`loaded ${name}\n`)
  return 0
}
