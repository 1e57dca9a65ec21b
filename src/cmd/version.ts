import { readFileSync } from 'node:fs'
import { schemaTable } from '../api/schema/schema.ts'
import type { Given } from './options.ts'

/** Navarch's own version, from package.json. */
export function navarchVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

export async function run(given: Given): Promise<number> {
  const versions = { navarch: navarchVersion(), kubernetes: schemaTable().version, node: process.version }
  const lines = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  process.stdout.write(given.text('output') === 'json' ? `${JSON.stringify(versions)}\n` : `${lines.join('\n')}\n`)
  return 0
}
