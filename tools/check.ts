/** `npm run check`: types, lint, layers and unit tests, the fast half of `npm test`. `--no-tests` leaves the tests out. */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'

const bin = (name: string): string => new URL(`../node_modules/.bin/${name}`, import.meta.url).pathname

const steps: [what: string, command: string, args: string[]][] = [
  ['types', bin('tsc'), ['--noEmit']],
  ['lint', bin('biome'), ['check', '--error-on-warnings', '.']],
  ['layers', process.execPath, ['tools/layers.ts']],
]
if (!process.argv.includes('--no-tests')) {
  steps.push(['unit tests', process.execPath, ['--test', '--test-reporter=dot', ...globSync('src/**/*.test.ts')]])
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
