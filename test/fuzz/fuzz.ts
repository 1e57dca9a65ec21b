import { Api } from '../e2e/harness/api.ts'
import { eventually } from '../e2e/harness/eventually.ts'
import { faultsOf } from './answer-rules.ts'
import { type FuzzRequest, fuzzRequest } from './fuzz-request.ts'
import { bytesPerRequest, type MemorySample } from './memory-trend.ts'
import type { Known } from './queries.ts'
import { sendRaw } from './raw-requests.ts'
import { Scene } from './scene.ts'
import { Senders } from './senders.ts'
import type { ServerHeap } from './server-heap.ts'
import { Slowest, type SlowRequest } from './slowest.ts'
import { tidy } from './tidy.ts'
import { type Vitals, vitalsOf } from './vitals.ts'

export interface FuzzOptions {
  readonly kubeconfig: string
  readonly seed: number
  readonly requests: number
  /** The number of the first request: to repeat one of an earlier run. */
  readonly first?: number
  /** How many are under way at once. */
  readonly parallel?: number
  /** Of the server's process, if its memory shall be judged: then whatever was written is deleted now and then. */
  readonly heap?: Pick<ServerHeap, 'bytes'>
  /** Ends the run early; what was found so far is reported. */
  readonly signal?: AbortSignal
  progress?(report: FuzzReport): void
}

export interface Fault {
  /** The number of the request; undefined for what concerns the whole run. */
  readonly number?: number
  readonly what: string
  readonly request?: FuzzRequest
}

export interface FuzzReport {
  readonly sent: number
  readonly seconds: number
  readonly codes: ReadonlyMap<number, number>
  readonly faults: readonly Fault[]
  readonly vitals: Vitals
  /** The event loop's longest delay in the whole run. */
  readonly worstLoopDelayMs: number
  /** What the server kept in memory, but for the past, when everything was deleted and its garbage collected. */
  readonly memory: readonly MemorySample[]
  /** The requests that took longest, the slowest first. */
  readonly slowest: readonly SlowRequest[]
}

const PARALLEL = 48
const RAW_SHARE = 32 // one request of so many
const MAX_FAULTS = 200
/** How often memory is looked at. */
const ROUNDS = 10
/** What memory may grow by in the second half of a long run, in bytes a request. In shorter ones caches still fill. */
const MAX_BYTES_PER_REQUEST = 50
const LONG_RUN = 150_000
/** Connections of the watcher of this run, and what the server opens by itself. */
const SPARE_FILES = 8

/** Sends requests that no client should send, and looks at what comes back and how the server fares. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  using run = new FuzzRun(options)
  await run.start()
  await run.sendAll()
  await run.finish()
  return run.report()
}

class FuzzRun implements Disposable {
  readonly #options: FuzzOptions
  readonly #api: Api
  readonly #senders: Senders
  readonly #scene: Scene
  readonly #codes = new Map<number, number>()
  readonly #faults: Fault[] = []
  readonly #memory: MemorySample[] = []
  readonly #started = performance.now()
  readonly #slowest = new Slowest()
  #before: Vitals | undefined
  #vitals: Vitals | undefined
  #worstLoopDelayMs = 0
  #next = 0
  #sent = 0
  #known: Known = { revision: '1', continueToken: '' }

  constructor(options: FuzzOptions) {
    this.#options = options
    this.#api = new Api(options.kubeconfig)
    this.#senders = new Senders(this.#api.connection)
    this.#scene = new Scene(this.#api)
  }

  [Symbol.dispose](): void {
    this.#senders[Symbol.dispose]()
    this.#api[Symbol.dispose]()
  }

  async start(): Promise<void> {
    this.#known = await this.#scene.set()
    this.#before = await vitalsOf(this.#api)
  }

  async sendAll(): Promise<void> {
    const { requests, heap } = this.#options
    const rounds = heap ? ROUNDS : 1
    for (let round = 1; round <= rounds; round++) {
      await this.#sendUntil(Math.floor((requests * round) / rounds))
      if (heap) await this.#weigh(heap)
    }
  }

  /** Afterwards nothing of all that is left in the server: no request, no connection. */
  async finish(): Promise<void> {
    await this.#look()
    this.#senders[Symbol.dispose]()
    const { inFlight, openFiles } = this.#before as Vitals
    try {
      await eventually(
        async () => {
          const now = await vitalsOf(this.#api)
          if (now.inFlight > inFlight) throw new Error(`${now.inFlight} requests are still being carried out`)
          if (now.openFiles > openFiles + SPARE_FILES)
            throw new Error(`${now.openFiles} open files, ${openFiles} before`)
        },
        { withinMs: 20_000 },
      )
    } catch (error) {
      this.#fault((error as Error).message)
    }
    const growth = bytesPerRequest(this.#memory)
    if (this.#sent >= LONG_RUN && growth > MAX_BYTES_PER_REQUEST)
      this.#fault(`memory grows by ${growth} bytes a request`)
  }

  report(): FuzzReport {
    return {
      sent: this.#sent,
      seconds: (performance.now() - this.#started) / 1000,
      codes: this.#codes,
      faults: this.#faults,
      vitals: this.#vitals as Vitals,
      worstLoopDelayMs: this.#worstLoopDelayMs,
      memory: this.#memory,
      slowest: this.#slowest.all(),
    }
  }

  async #sendUntil(end: number): Promise<void> {
    const { requests, parallel = PARALLEL } = this.#options
    const every = Math.max(250, Math.floor(requests / 100))
    await Promise.all(Array.from({ length: Math.min(parallel, requests) }, () => this.#work(end, every)))
  }

  async #work(end: number, every: number): Promise<void> {
    const { first = 0, signal } = this.#options
    while (this.#next < end && !signal?.aborted && this.#faults.length < MAX_FAULTS) {
      const number = first + this.#next++
      await this.#one(number)
      this.#sent++
      if (this.#sent % every === 0) await this.#look()
    }
  }

  async #one(number: number): Promise<void> {
    const { seed } = this.#options
    if (number % RAW_SHARE === RAW_SHARE - 1) {
      const faults = await sendRaw(this.#api.connection, seed, number)
      for (const what of faults) this.#fault(what, number)
      return
    }
    const request = fuzzRequest(seed, number, this.#known)
    const start = performance.now()
    try {
      const answer = await this.#senders.send(request)
      this.#slowest.add(performance.now() - start, request)
      if (!answer) return
      this.#codes.set(answer.status, (this.#codes.get(answer.status) ?? 0) + 1)
      for (const what of faultsOf(request, answer)) this.#fault(what, number, request)
    } catch (error) {
      this.#fault(`no answer: ${(error as Error).message}`, number, request)
    }
  }

  /** Whether the server is well, and what is not fuzzed is as it was. */
  async #look(): Promise<void> {
    try {
      const vitals = await vitalsOf(this.#api)
      this.#vitals = vitals
      this.#worstLoopDelayMs = Math.max(this.#worstLoopDelayMs, vitals.loopDelayMs)
      for (const what of await this.#scene.faults()) this.#fault(what)
      this.#known = await this.#scene.set()
    } catch (error) {
      this.#fault(`the server is not well: ${(error as Error).message}`)
    }
    this.#options.progress?.(this.report())
  }

  async #weigh(heap: Pick<ServerHeap, 'bytes'>): Promise<void> {
    try {
      await tidy(this.#api)
      const { pastBytes } = await vitalsOf(this.#api)
      this.#memory.push({ requests: this.#sent, bytes: (await heap.bytes()) - pastBytes })
      this.#known = await this.#scene.set()
    } catch (error) {
      this.#fault(`the server cannot be tidied up: ${(error as Error).message}`)
    }
  }

  #fault(what: string, number?: number, request?: FuzzRequest): void {
    this.#faults.push({ what, ...(number !== undefined && { number }), ...(request && { request }) })
  }
}
