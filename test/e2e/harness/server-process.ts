import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { eventually } from './eventually.ts'
import { NAVARCH } from './navarch.ts'

export interface ServerProcessOptions {
  readonly name: string
  /** A data directory, and a log beside it. */
  readonly directory: string
  /** A loopback address of its own. */
  readonly address: string
  readonly port: number
  /** What the endpoints of the Service `kubernetes` say of it. */
  readonly advertised: string
  readonly args: readonly string[]
}

/** One `navarch server` in the foreground, to be killed, paused and started again. */
export class ServerProcess implements AsyncDisposable {
  readonly options: ServerProcessOptions
  #process: ChildProcess | undefined

  constructor(options: ServerProcessOptions) {
    this.options = options
  }

  get name(): string {
    return this.options.name
  }

  get dataDir(): string {
    return join(this.options.directory, this.name)
  }

  get kubeconfig(): string {
    return join(this.dataDir, 'admin.kubeconfig')
  }

  get log(): string {
    const file = `${this.dataDir}.log`
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  /** Resolves when it is ready. */
  async start(): Promise<void> {
    const { address, port, advertised, args, directory } = this.options
    mkdirSync(directory, { recursive: true })
    const log = openSync(`${this.dataDir}.log`, 'a')
    const where = ['--bind-address', address, '--advertise-address', advertised, '--port', String(port)]
    const words = ['server', '--data-dir', this.dataDir, ...where, '--verbose', ...args]
    this.#process = spawn(NAVARCH, words, { stdio: ['ignore', log, log] })
    closeSync(log)
    await eventually(async () => {
      if (this.#process?.exitCode !== null) throw new Error(`${this.name} ended:\n${this.log.slice(-2000)}`)
      const { status, text } = await this.ask('/readyz')
      if (status !== 200) throw new Error(text)
    })
  }

  /** SIGTERM; resolves when it has ended. */
  stop(): Promise<void> {
    return this.#end('SIGTERM')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  pause(): void {
    this.#process?.kill('SIGSTOP')
  }

  resume(): void {
    this.#process?.kill('SIGCONT')
  }

  /** What it answers to somebody whom it does not know. */
  ask(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const { address, port } = this.options
    return new Promise((resolve, reject) => {
      const asked = request({ host: address, port, path, rejectUnauthorized: false, agent: false, timeout: 5_000 })
      asked.on('timeout', () => asked.destroy(new Error('no answer in 5 s')))
      asked.on('error', reject)
      asked.on('response', (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('error', reject).on('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      asked.end()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
}
