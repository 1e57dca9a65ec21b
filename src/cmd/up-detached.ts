import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import type { ClusterPaths } from './cluster/paths.ts'
import { DETACHED } from './foreground.ts'
import { UsageError } from './usage-error.ts'

const MAX_LOG_BYTES = 10 * 1024 * 1024
const SHOWN_LINES = 12

type Message = { readonly progress: string } | { readonly ready: true }

/** Starts the same command in the background and waits until its cluster is ready; shows what it waits for meanwhile. */
export async function runDetached(paths: ClusterPaths, args: readonly string[], what = 'the cluster'): Promise<number> {
  const foreground = args.filter((arg) => arg !== '-d' && arg !== '--detach')
  rotateLog(paths)
  const log = openSync(paths.log, 'a', 0o600)
  const entry = new URL('./navarch.ts', import.meta.url).pathname
  const child = spawn(process.execPath, [...process.execArgv, entry, ...foreground], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env: { ...process.env, [DETACHED]: '1' },
  })
  closeSync(log)
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if ('progress' in message) return process.stdout.write(`${message.progress}\n`)
      child.disconnect()
      child.unref()
      resolve(0)
    })
    child.on('error', reject)
    child.on('exit', (code) =>
      reject(new UsageError(`${what} did not start (exit status ${code}).\n${lastLines(paths)}`)),
    )
    process.on('SIGINT', () => {
      child.kill('SIGINT')
      resolve(130)
    })
  })
}

function rotateLog({ log }: ClusterPaths): void {
  try {
    if (statSync(log).size > MAX_LOG_BYTES) renameSync(log, `${log}.1`)
  } catch {
    // There is no log yet.
  }
}

function lastLines({ log }: ClusterPaths): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-SHOWN_LINES)
  return `Its last words (${log}):\n${lines.map((line) => `  ${line}`).join('\n')}`
}
