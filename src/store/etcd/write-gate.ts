import { StoreUnavailable } from '../store.ts'

export interface WriteGateLimits {
  /** On the wire at a time. */
  readonly inFlight: number
  readonly waiting: number
  readonly waitingBytes: number
}

const LIMITS: WriteGateLimits = { inFlight: 256, waiting: 20_000, waitingBytes: 128 * 1024 * 1024 }

/** Lets a bounded number of writes go at a time, in order, and a bounded number wait; refuses more with StoreUnavailable. */
export class WriteGate {
  readonly #limits: WriteGateLimits
  readonly #waiting: (() => void)[] = []
  #inFlight = 0
  #waitingBytes = 0
  #idle: PromiseWithResolvers<void> | undefined

  constructor(limits = LIMITS) {
    this.#limits = limits
  }

  async pass<T>(bytes: number, write: () => Promise<T>): Promise<T> {
    if (this.#inFlight >= this.#limits.inFlight) await this.#wait(bytes)
    else this.#inFlight++
    try {
      return await write()
    } finally {
      this.#leave()
    }
  }

  /** Resolves when nothing waits and nothing is on its way. */
  drained(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve()
    this.#idle ??= Promise.withResolvers()
    return this.#idle.promise
  }

  async #wait(bytes: number): Promise<void> {
    if (this.#waiting.length >= this.#limits.waiting || this.#waitingBytes + bytes > this.#limits.waitingBytes) {
      throw new StoreUnavailable('the store has too many writes waiting')
    }
    this.#waitingBytes += bytes
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#waitingBytes -= bytes
  }

  /** The place goes to the one that waits longest. */
  #leave(): void {
    const next = this.#waiting.shift()
    if (next) return next()
    this.#inFlight--
    if (this.#inFlight === 0) this.#idle?.resolve()
  }
}
