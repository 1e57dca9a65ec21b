/**
 * Every benchmark that needs nothing but this machine, one after the other: the parts in a process, the API against a
 * control plane of its own, and starting and idling. `npm run bench [-- --seconds 5] [--port 17980]`
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flags } from '../tools/flags.ts'

const values = flags({
  command: 'npm run bench --',
  does: 'Every benchmark that needs this machine alone, one after the other.',
  options: { seconds: { type: 'string', default: '5' }, port: { type: 'string', default: '17980' } },
})
const program = new URL('../navarch', import.meta.url).pathname

/** Runs one benchmark and tells whether it came to its end. */
function run(file: string, ...args: string[]): boolean {
  process.stdout.write(`\n${[file, ...args].join(' ')}\n`)
  const script = new URL(file, import.meta.url).pathname
  return spawnSync(process.execPath, [...process.execArgv, script, ...args], { stdio: 'inherit' }).status === 0
}

/** The API over HTTP/1.1 and HTTP/2, beside a bare server, on a control plane that is removed afterwards. */
function runApi(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'navarch-bench-'))
  const at = ['--data-dir', directory]
  const navarch = (...args: string[]): string => execFileSync(program, [...args, ...at], { encoding: 'utf8' })
  try {
    navarch('up', '-d', '--no-node', '--port', values.port)
    const kubeconfig = join(directory, 'bench.kubeconfig')
    writeFileSync(kubeconfig, navarch('kubeconfig'), { mode: 0o600 })
    const { pid } = JSON.parse(navarch('status', '-o', 'json')) as { pid: number }
    const args = ['--kubeconfig', kubeconfig, '--pid', String(pid), '--seconds', values.seconds, '--bare']
    return [run('load/index.ts', ...args), run('load/index.ts', ...args, '--http2')].every(Boolean)
  } finally {
    navarch('delete', '--yes')
    rmSync(directory, { recursive: true, force: true })
  }
}

const parts = [
  'codec.ts',
  'cel.ts',
  'protobuf.ts',
  'watch-cache.ts',
  'store.ts',
  'store-compaction.ts',
  'crds.ts',
  'openapi.ts',
].map((file) => run(file))
parts.push(runApi())
if (process.getuid?.() === 0) parts.push(run('start.ts'))
else process.stdout.write('\nstart.ts: left out, a node needs root\n')
process.exitCode = parts.every(Boolean) ? 0 : 1
