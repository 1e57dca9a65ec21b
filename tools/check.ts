/**
 * `npm run check`: types, lint, layers and unit tests, the fast half of `npm test`. The tests run in one process, because half
 * of their time would go by starting one for each file. `--no-tests` leaves them out.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const bin = (name: string): string => new URL(`../node_modules/.bin/${name}`, import.meta.url).pathname

/** What starts etcd, or processes that it kills: `npm test` does that. */
const ENGINES = ['src/store/etcd/etcd-store', 'src/store/snapshots/', 'src/store/sqlite/durability']

const unknown = process.argv.slice(2).find((flag) => flag !== '--no-tests')
if (unknown !== undefined) {
  process.stderr.write(`check: it knows --no-tests alone, not '${unknown}'\n`)
  process.exit(2)
}

const steps: [what: string, command: string, args: string[]][] = [
  ['types', bin('tsc'), ['--noEmit']],
  ['lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['layers', process.execPath, ['tools/layers.ts']],
]
if (!process.argv.includes('--no-tests')) {
  const files = globSync('{src,tools}/**/*.test.ts').filter((file) => !ENGINES.some((part) => file.startsWith(part)))
  steps.push(['unit tests', process.execPath, ['--test', '--test-reporter=dot', '--test-isolation=none', ...files]])
}

for (const [what, command, args] of steps) {
  const started = performance.now()
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) {
    console.error(`check: ${what} failed`)
    process.exit(1)
  }
  console.log(`check: ${what} (${((performance.now() - started) / 1000).toFixed(1)} s)`)
}
