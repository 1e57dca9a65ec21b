import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ClusterStatus } from '../../../src/cmd/cluster/status.ts'
import { assertSucceeded } from './cluster.ts'
import { type CommandResult, runCommand } from './command.ts'
import { eventually } from './eventually.ts'
import { onHost } from './host-network.ts'
import { NAVARCH } from './navarch.ts'

export interface AgentProcessOptions {
  /** The node's name, also of its data directory and its cgroup. */
  readonly name: string
  readonly directory: string
  /** The network namespace that is its host. */
  readonly host: string
}

/** One `navarch agent` in the foreground, to be killed and started again. */
export class AgentProcess {
  readonly options: AgentProcessOptions
  #process: ChildProcess | undefined

  constructor(options: AgentProcessOptions) {
    this.options = options
  }

  get name(): string {
    return this.options.name
  }

  get dataDir(): string {
    return join(this.options.directory, this.name)
  }

  get cgroupRoot(): string {
    return `navarch-test-${process.pid}-${this.name}`
  }

  get runtimeDir(): string {
    return join('/run/navarch', createHash('sha256').update(this.dataDir).digest('hex').slice(0, 12))
  }

  get log(): string {
    const file = `${this.dataDir}.log`
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  /** Resolves when its node is Ready. */
  async start(...args: readonly string[]): Promise<void> {
    const { host } = this.options
    const log = openSync(`${this.dataDir}.log`, 'a')
    const [command = '', ...rest] = onHost(host)
    const words = ['agent', '--data-dir', this.dataDir, '--verbose', ...args]
    this.#process = spawn(command, [...rest, NAVARCH, ...words], { stdio: ['ignore', log, log] })
    closeSync(log)
    await eventually(
      async () => {
        if (this.#process?.exitCode !== null) throw new Error(`${this.name} ended:\n${this.log.slice(-2000)}`)
        const { state } = await this.status()
        if (state !== 'running') throw new Error(`${this.name} is ${state}:\n${this.log.slice(-2000)}`)
      },
      { withinMs: 60_000 },
    )
  }

  async status(): Promise<ClusterStatus> {
    return JSON.parse((await this.navarch('status', '-o', 'json')).stdout) as ClusterStatus
  }

  /** Runs a command of the program on this host, for this node's data directory. */
  navarch(command: string, ...args: readonly string[]): Promise<CommandResult> {
    const [first = '', ...rest] = onHost(this.options.host)
    const words = [...command.split(' '), '--data-dir', this.dataDir, ...args]
    return runCommand(first, [...rest, NAVARCH, ...words], { timeoutMs: 90_000 })
  }

  /** SIGTERM; answers the exit status. */
  stop(): Promise<number | null> {
    return this.#end('SIGTERM')
  }

  kill(): Promise<number | null> {
    return this.#end('SIGKILL')
  }

  /** Ends everything of the node on this host. */
  async delete(): Promise<void> {
    await this.kill()
    if (existsSync(join(this.dataDir, 'cluster.json'))) assertSucceeded(await this.navarch('delete', '--yes'))
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    child.kill(signal)
    const [code] = (await once(child, 'exit')) as [number | null]
    return code
  }
}
