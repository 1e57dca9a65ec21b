/**
 * Starts and stops clusters of its own: time to a ready API and to a Ready node, first and later; memory and processor
 * time when idle. Needs root for the node.
 *
 *     tools/run bench/start.ts [--port 17990] [--idle-seconds 20]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { flags } from '../tools/flags.ts'

const values = flags({
  command: 'tools/run bench/start.ts',
  does: 'From the command to a ready API and a Ready node; memory and processor time when idle. Needs root.',
  options: { port: { type: 'string', default: '17990' }, 'idle-seconds': { type: 'string', default: '20' } },
})
const program = new URL('../navarch', import.meta.url).pathname
const directory = mkdtempSync(join(tmpdir(), 'navarch-bench-'))
const at = ['--data-dir', directory]
const navarch = (...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' })
const TICKS_PER_SECOND = 100

function timed(...args: string[]): number {
  const started = performance.now()
  navarch(...args)
  return performance.now() - started
}

/** Processor time of a process so far, in seconds, and its resident memory in MB. */
function usage(pid: number): { cpuSeconds: number; megabytes: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, megabytes: Number(rss) / 1024 }
}

async function idle(what: string): Promise<void> {
  const { pid } = JSON.parse(navarch('status', '-o', 'json', ...at)) as { pid: number }
  await delay(10_000) // what starting set going comes to rest
  const before = usage(pid)
  const seconds = Number(values['idle-seconds'])
  await delay(seconds * 1000)
  const after = usage(pid)
  const share = ((after.cpuSeconds - before.cpuSeconds) / seconds) * 100
  console.log(`${what}, idle: ${after.megabytes.toFixed(0)} MB resident, ${share.toFixed(2)} % of a core`)
}

try {
  for (const [what, ...flags] of [['control plane', '--no-node'], ['one-node cluster']]) {
    const up = ['up', '-d', ...at, '--port', values.port, ...flags]
    console.log(`${what}: first start ${timed(...up).toFixed(0)} ms from the command to ready`)
    navarch('down', ...at)
    console.log(`${what}: second start ${timed(...up).toFixed(0)} ms`)
    await idle(what as string)
    navarch('delete', '--yes', ...at)
  }
} finally {
  execFileSync(program, ['delete', '--yes', ...at])
  rmSync(directory, { recursive: true, force: true })
}
