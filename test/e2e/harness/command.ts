import { spawn } from 'node:child_process'

export interface CommandOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string | Buffer
  /** Beside this process's own environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Killed after this long, with `status` undefined; a minute unless told. */
  readonly timeoutMs?: number
}

export interface CommandResult {
  /** Exit status; undefined when the command was killed. */
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** What the command printed and how it ended; rejects only when it cannot be started. */
export function runCommand(
  command: string,
  args: readonly string[],
  { input, env, timeoutMs = 60_000 }: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, timeout: timeoutMs, killSignal: 'SIGKILL' })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.stdin.on('error', () => undefined) // it ended without reading everything
    child.stdin.end(input)
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({
        status: code ?? undefined,
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    )
  })
}

/** The command's standard output; rejects, with what it said, when it fails. */
export async function outputOf(command: string, args: readonly string[], options?: CommandOptions): Promise<string> {
  const { status, stdout, stderr } = await runCommand(command, args, options)
  if (status === 0) return stdout
  throw new Error(`${command} ${args.join(' ')}: exit status ${status}\n${stdout}${stderr}`)
}
