import { existsSync, readdirSync } from 'node:fs'
import { outputOf } from './command.ts'

const DIRECTORY = '/run/netns'

/** The network namespaces that CNI has made on this host, those of other clusters too. */
export function networkNamespaces(): Set<string> {
  return new Set(existsSync(DIRECTORY) ? readdirSync(DIRECTORY).filter((name) => name.startsWith('cni-')) : [])
}

/** Those which appeared since `before` and in which nothing runs: nobody will remove them. */
export async function abandonedNamespaces(before: ReadonlySet<string>): Promise<string[]> {
  const abandoned: string[] = []
  for (const name of networkNamespaces()) {
    if (before.has(name)) continue
    const pids = await outputOf('ip', ['netns', 'pids', name]).catch(() => 'gone')
    if (pids.trim() === '') abandoned.push(`network namespace ${name}`)
  }
  return abandoned
}
