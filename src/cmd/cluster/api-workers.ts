import { once } from 'node:events'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { runTogether } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import type { Followers } from '../../store/sqlite/followers.ts'
import type { ApiWorkerData, ApiWorkerMessage } from './api-worker-messages.ts'

export interface ApiWorkersInit {
  readonly count: number
  readonly data: Omit<ApiWorkerData, 'seat'>
  /** Absent: the state is in etcd. */
  readonly followers?: Followers
  readonly clock: Clock
  readonly log: Logger
}

const RESTART_MS = 1_000
const STOP_MS = 15_000

/**
 * Threads that serve the API beside the main one (`--api-workers`). The kernel shares out connections among all
 * (`port-shares.ts`). One that fails is started again; the others, and the main thread, go on meanwhile.
 */
export class ApiWorkers implements Component {
  readonly name = 'api-workers'
  readonly #init: ApiWorkersInit
  readonly #ready = Promise.withResolvers<void>()
  #starting: number

  constructor(init: ApiWorkersInit) {
    this.#init = init
    this.#starting = init.count
  }

  /** Resolves when all serve. */
  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  async run(signal: AbortSignal): Promise<void> {
    const places = Array.from({ length: this.#init.count }, (_, index) => ({
      name: `api-worker-${index}`,
      run: (stop: AbortSignal) => this.#keepRunning(index, stop),
    }))
    await runTogether(places, signal)
  }

  async #keepRunning(index: number, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#init
    while (!signal.aborted) {
      const fault = await this.#runOne(signal)
      if (signal.aborted) return
      log.error('a thread that serves the API ended, and is started again', { worker: index, error: fault })
      await clock.sleep(RESTART_MS, signal).catch(() => {})
    }
  }

  /** Resolves when the thread has ended, with why if that was not asked for. */
  async #runOne(signal: AbortSignal): Promise<Error | undefined> {
    const worker = this.#start()
    let fault: Error | undefined
    worker.on('error', (error) => {
      fault = error as Error
    })
    worker.once('message', (message: ApiWorkerMessage) => {
      if (message === 'ready' && --this.#starting === 0) this.#ready.resolve()
    })
    const exited = once(worker, 'exit')
    const cancel: (() => void)[] = []
    const stop = () => {
      worker.postMessage('stop' satisfies ApiWorkerMessage)
      cancel.push(this.#init.clock.after(STOP_MS, () => void worker.terminate()))
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    await exited
    signal.removeEventListener('abort', stop)
    for (const timer of cancel) timer()
    return fault
  }

  #start(): Worker {
    const { data, followers } = this.#init
    const seat = followers?.seat()
    return new Worker(new URL(`./api-worker${extname(import.meta.url)}`, import.meta.url), {
      workerData: { ...data, ...(seat && { seat }) } satisfies ApiWorkerData,
      transferList: seat ? [seat.port] : [],
    })
  }
}
