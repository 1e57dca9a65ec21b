import type { Clock } from '../../base/clock.ts'
import { OutcomeUnknown, StoreUnavailable } from '../store.ts'

export interface ReachabilityDeps {
  readonly clock: Clock
  /** Asks a majority of etcd's members something small; rejects, soon, when it does not answer. */
  reach(): Promise<void>
  /** Rejects, with the remedy, when etcd answers but takes no writes. */
  wellness(): Promise<void>
}

/** Between two looks whether an etcd that failed works again. */
const PROBE_MS = 1_000
/** A call that has no answer by then is a reason to look. */
const SLOW_MS = 2_000

/**
 * Whether etcd answers. Once it is known not to, nobody waits for it: calls are refused at once, and reads that already
 * wait are given up, until a look finds that it answers again. Looks only while something is wrong.
 */
export class Reachability {
  readonly #deps: ReachabilityDeps
  /** Of reads that wait for an answer. */
  readonly #giveUp = new Set<(error: Error) => void>()
  #problem: string | undefined
  #down: string | undefined
  #isLooking = false
  #cancel: () => void = () => {}
  #isClosed = false

  constructor(deps: ReachabilityDeps) {
    this.#deps = deps
  }

  /** Why writes are not taken, or undefined when they are. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Throws StoreUnavailable while etcd is known not to answer. */
  require(): void {
    if (this.#down !== undefined) throw new StoreUnavailable(this.#down)
  }

  /** A call failed for a reason that lies with etcd. */
  failed(error: Error): void {
    if (this.#isClosed) return
    if (this.#problem === undefined || !(error instanceof OutcomeUnknown)) this.#problem = error.message
    this.look()
  }

  /** A write was taken: all is well. */
  worked(): void {
    this.#problem = undefined
    this.#down = undefined
  }

  /** A read: given up when etcd is found not to answer. */
  async read<T>(call: () => Promise<T>): Promise<T> {
    this.require()
    const lost = Promise.withResolvers<never>()
    this.#giveUp.add(lost.reject)
    try {
      return await this.#watched(Promise.race([call(), lost.promise]))
    } finally {
      this.#giveUp.delete(lost.reject)
    }
  }

  /** A write: once sent, its outcome is waited for. */
  async write<T>(call: () => Promise<T>): Promise<T> {
    this.require()
    return this.#watched(call())
  }

  /** Finds out how things are, now and until all is well. */
  look(): void {
    if (this.#isLooking || this.#isClosed) return
    this.#isLooking = true
    void this.#look()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
  }

  async #watched<T>(call: Promise<T>): Promise<T> {
    const cancel = this.#deps.clock.after(SLOW_MS, () => this.look())
    try {
      return await call
    } finally {
      cancel()
    }
  }

  async #look(): Promise<void> {
    const { clock, reach, wellness } = this.#deps
    try {
      await reach().catch((error: Error) => this.#lost(error))
      this.#down = undefined
      await wellness()
      this.#problem = undefined
      this.#isLooking = false
    } catch (error) {
      this.#problem = (error as Error).message
      if (!this.#isClosed) this.#cancel = clock.after(PROBE_MS, () => void this.#look())
    }
  }

  #lost(error: Error): never {
    this.#down = error.message
    for (const giveUp of this.#giveUp) giveUp(new StoreUnavailable(error.message, { cause: error }))
    throw error
  }
}
