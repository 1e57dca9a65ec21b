import { spawn } from 'node:child_process'
import { systemEnvironment } from '../base/system-path.ts'

/** A program that prepares the host failed; `message` has its own words. */
export class HostCommandError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'HostCommandError'
  }
}

/** Runs a program with a text as standard input and gives its output; throws HostCommandError. */
export type RunHostCommand = (command: string, args: readonly string[], input?: string) => Promise<string>

export const runHostCommand: RunHostCommand = (command, args, input = '') =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'pipe', env: systemEnvironment() })
    let output = ''
    let words = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      words += chunk
    })
    child.on('error', (cause) =>
      reject(new HostCommandError(`${command} could not be run: ${cause.message}`, { cause })),
    )
    child.on('close', (code) => {
      if (code === 0) resolve(output)
      else reject(new HostCommandError(`${command} ${args.join(' ')}: ${words.trim() || `exit status ${code}`}`))
    })
    child.stdin.on('error', () => child.stdin.destroy()) // the program ended early: its exit status tells why
    child.stdin.end(input)
  })
