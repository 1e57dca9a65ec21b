import type { FuzzRequest } from './fuzz-request.ts'

export interface SlowRequest {
  readonly milliseconds: number
  readonly request: FuzzRequest
}

const KEPT = 8

/** The requests that took longest. */
export class Slowest {
  #slow: SlowRequest[] = []

  add(milliseconds: number, request: FuzzRequest): void {
    if (this.#slow.length === KEPT && milliseconds <= (this.#slow.at(-1) as SlowRequest).milliseconds) return
    this.#slow = [...this.#slow, { milliseconds, request }]
      .sort((left, right) => right.milliseconds - left.milliseconds)
      .slice(0, KEPT)
  }

  all(): readonly SlowRequest[] {
    return this.#slow
  }
}
