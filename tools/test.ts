/**
 * `npm test`: runs the unit tests and the conformance of every kind, then the end-to-end tests one after the other (each starts
 * clusters of its own), in one test run with one summary. Arguments: substrings of test file names to run only those.
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'

const only = process.argv.slice(2)
const chosen = (pattern: string): string[] =>
  globSync(pattern)
    .filter((file) => only.length === 0 || only.some((part) => file.includes(part)))
    .sort()

const files = [
  'src/**/*.test.ts',
  'tools/*.test.ts',
  'test/conformance/**/*.test.ts',
  'test/linearizability/**/*.test.ts',
  'test/fuzz/*.test.ts',
  'test/e2e/**/*.test.ts',
].flatMap(chosen)
if (files.length === 0) {
  process.stderr.write(`no test file has ${only.join(' or ')} in its name\n`)
  process.exit(2)
}
const runner = spawn(process.execPath, ['--test', '--test-concurrency=1', '--test-reporter=spec', ...files], {
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal))
runner.on('exit', (code) => process.exit(code ?? 1))
