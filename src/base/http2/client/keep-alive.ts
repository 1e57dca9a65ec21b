import type { Clock } from '../../clock.ts'

export interface KeepAliveDeps {
  readonly clock: Clock
  /** Whether anybody waits for something from the peer. */
  isNeeded(): boolean
  ping(payload: Buffer): void
  onLost(): void
}

/** Etcd allows a ping every 5 s. A peer behind a cut link is given up after 15 s. */
const SILENCE_MS = 10_000
const ANSWER_MS = 5_000
const PAYLOAD = Buffer.from('navarch.')

/**
 * Asks a peer from which nothing has come for a while whether it is there. The timer ends by itself when nobody waits for
 * the peer any more.
 */
export class KeepAlive {
  readonly #deps: KeepAliveDeps
  #heardAt = 0
  /** A ping is out, and nothing has come since. */
  #isAsked = false
  #cancel: (() => void) | undefined

  constructor(deps: KeepAliveDeps) {
    this.#deps = deps
  }

  /** Somebody waits from now on. */
  begin(): void {
    if (this.#cancel) return
    this.heard()
    this.#lookIn(SILENCE_MS)
  }

  /** The peer has sent something. */
  heard(): void {
    this.#heardAt = this.#deps.clock.monotonic()
    this.#isAsked = false
  }

  end(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #lookIn(ms: number): void {
    this.#cancel = this.#deps.clock.after(ms, () => this.#look())
  }

  #look(): void {
    this.#cancel = undefined
    const { clock, isNeeded, ping, onLost } = this.#deps
    if (!isNeeded()) return
    if (this.#isAsked) return onLost()
    const silence = clock.monotonic() - this.#heardAt
    if (silence < SILENCE_MS) return this.#lookIn(SILENCE_MS - silence)
    this.#isAsked = true
    ping(PAYLOAD)
    this.#lookIn(ANSWER_MS)
  }
}
