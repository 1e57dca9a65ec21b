import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import { systemEnvironment } from '../../base/system-path.ts'
import { CriClient } from '../cri/cri-client.ts'
import type { ContainerdPaths } from './containerd-config.ts'
import { containerdConfig } from './containerd-config.ts'
import type { HostFacts } from './host-facts.ts'
import { hostFacts } from './host-facts.ts'
import { lastLines, rotateLargeLog } from './log-tail.ts'
import { isRunning, readRecord, startTimeOf, stopProcess, writeRecord } from './process-record.ts'
import { taskEvents } from './task-events.ts'

export interface ContainerdOptions {
  /** Images, snapshots, configuration and log are kept under `<dataDir>/containerd`. */
  readonly dataDir: string
  /** Short, on a tmpfs: socket and running state. Default: `/run/navarch/<hash of dataDir>`. */
  readonly stateDir?: string
  readonly cniConfDir: string
  /** Default: where the distribution puts them. */
  readonly cniBinDir?: string
  readonly sandboxImage: string
  readonly cgroupDriver?: 'cgroupfs' | 'systemd'
  readonly clock: Clock
  readonly log: Logger
}

const START_MS = 20_000
const POLL_MS = 10
const STOP_MS = 10_000
const LOG_BYTES = 10 * 1024 * 1024
const RESTART_MS = 1000

/**
 * Navarch's own containerd. It is detached: it and the shims outlive Navarch, which finds them again by pid, start time,
 * configuration and socket. `run` starts it (or takes over the running one) and starts it again whenever it dies.
 */
export class Containerd implements Component {
  readonly name = 'containerd'
  readonly paths: ContainerdPaths
  readonly logFile: string
  readonly #options: ContainerdOptions
  readonly #directory: string
  readonly #ready = Promise.withResolvers<void>()

  constructor(options: ContainerdOptions) {
    this.#options = options
    this.#directory = join(options.dataDir, 'containerd')
    this.logFile = join(this.#directory, 'containerd.log')
    const run = options.stateDir ?? join('/run/navarch', hashOf(options.dataDir).slice(0, 12))
    this.paths = {
      root: join(this.#directory, 'root'),
      state: join(run, 'containerd'),
      socket: join(run, 'containerd.sock'),
      cniConfDir: options.cniConfDir,
      registryConfigDir: join(options.dataDir, 'certs.d'),
    }
    this.#ready.promise.catch(() => undefined) // nobody has to wait for it
  }

  /** Resolves when CRI answers for the first time. */
  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.start(signal)
      } catch (error) {
        this.#ready.reject(error)
        throw error
      }
      this.#ready.resolve()
      await this.#untilGone(signal)
      if (signal.aborted) return
      this.#options.log.warn('containerd ended; starting it again')
      await this.#options.clock.sleep(RESTART_MS, signal).catch(() => undefined)
    }
  }

  /** Makes sure that containerd runs with the wanted configuration and answers. Rejects with its last log lines. */
  async start(signal: AbortSignal): Promise<void> {
    const config = await this.#configuration()
    const configHash = hashOf(config)
    const found = await readRecord(this.#recordFile)
    if (found && (await isRunning(found))) {
      if (found.configHash === configHash && (await this.#answers(signal))) return
      await stopProcess(found, this.#recordFile, STOP_MS)
    }
    await this.#launch(config, configHash, signal)
  }

  /** Ends containerd itself; containers keep running. */
  async stop(): Promise<void> {
    const found = await readRecord(this.#recordFile)
    if (found && (await isRunning(found))) await stopProcess(found, this.#recordFile, STOP_MS)
    await rm(this.#recordFile, { force: true })
  }

  get #recordFile(): string {
    return join(this.#directory, 'containerd.pid')
  }

  /** What the host allows; looked at once. */
  facts(): Promise<HostFacts> {
    this.#facts ??= this.#lookAtHost()
    return this.#facts
  }
  #facts: Promise<HostFacts> | undefined

  async #lookAtHost(): Promise<HostFacts> {
    const { cniBinDir } = this.#options
    await mkdir(this.paths.root, { recursive: true })
    const facts = await hostFacts(this.paths.root)
    return cniBinDir === undefined ? facts : { ...facts, cniBinDir }
  }

  async #configuration(): Promise<string> {
    const { sandboxImage, cgroupDriver = 'cgroupfs' } = this.#options
    const { state, registryConfigDir, cniConfDir } = this.paths
    const host = await this.facts()
    for (const path of [state, registryConfigDir, cniConfDir]) await mkdir(path, { recursive: true })
    return containerdConfig({ paths: this.paths, host, sandboxImage, cgroupDriver })
  }

  async #launch(config: string, configHash: string, signal: AbortSignal): Promise<void> {
    const configFile = join(this.#directory, 'config.toml')
    await writeFile(configFile, config)
    await rotateLargeLog(this.logFile, LOG_BYTES)
    const { child, ended } = await this.#spawn(configFile)
    await this.#untilAnswering(ended, signal)
    const pid = child.pid as number
    await writeRecord(this.#recordFile, { pid, startTime: (await startTimeOf(pid)) ?? '', configHash })
    child.unref()
  }

  async #spawn(configFile: string) {
    const log = await open(this.logFile, 'a')
    const ended = { why: undefined as string | undefined }
    try {
      const child = spawn('containerd', ['--config', configFile], {
        detached: true, // a session of its own: signals that end Navarch do not reach it
        stdio: ['ignore', log.fd, log.fd],
        env: systemEnvironment(), // it calls runc, mount and more
      })
      child.once('error', (error) => (ended.why = error.message))
      child.once('exit', (code, killed) => (ended.why = killed ? `killed by ${killed}` : `exit status ${code}`))
      return { child, ended }
    } finally {
      await log.close()
    }
  }

  async #untilAnswering(ended: { why: string | undefined }, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const deadline = clock.monotonic() + START_MS
    while (!(await this.#answers(signal))) {
      signal.throwIfAborted()
      if (ended.why !== undefined) throw await this.#failure(ended.why)
      if (clock.monotonic() > deadline) throw await this.#failure(`no answer after ${START_MS / 1000} s`)
      await clock.sleep(POLL_MS, signal)
    }
  }

  async #failure(why: string): Promise<Error> {
    const lines = await lastLines(this.logFile, 8)
    return new Error(`containerd did not start (${why}). Its last log lines (${this.logFile}):\n${lines.join('\n')}`)
  }

  /** Whether CRI answers and says that it can run containers. */
  async #answers(signal: AbortSignal): Promise<boolean> {
    const client = new CriClient(this.paths.socket)
    try {
      const { status } = await client.status(AbortSignal.any([signal, AbortSignal.timeout(2000)]))
      return status?.conditions.some(({ type, status }) => type === 'RuntimeReady' && status) ?? false
    } catch {
      return false // not yet: the caller decides how long to wait
    } finally {
      await client[Symbol.asyncDispose]()
    }
  }

  /** An open event stream is how its end is noticed without asking again and again. */
  async #untilGone(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const _ of taskEvents(this.paths.socket, signal));
      } catch (error) {
        this.#options.log.debug('the event stream of containerd broke', { error })
      }
      const record = await readRecord(this.#recordFile)
      if (!record || !(await isRunning(record))) return
      await this.#options.clock.sleep(RESTART_MS, signal).catch(() => undefined)
    }
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
