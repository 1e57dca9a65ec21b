/** A window that spends of a budget. */
export interface Spender {
  /** The revision of its oldest event; undefined when it has none. */
  readonly oldest: number | undefined
  /** Gives up that event, and frees what it costs. */
  dropOldest(): void
}

/**
 * What the windows of all resources of a server may keep together, in bytes. When more than that is spent, the oldest event
 * of all goes: each window is short only in a cluster where much happens elsewhere.
 */
export class PastBudget {
  readonly #maxBytes: number
  readonly #spenders = new Set<Spender>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  join(spender: Spender): void {
    this.#spenders.add(spender)
  }

  /** After it has freed all that it spent. */
  leave(spender: Spender): void {
    this.#spenders.delete(spender)
  }

  spend(bytes: number): void {
    this.#bytes += bytes
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#oldest()
      if (!oldest) return
      oldest.dropOldest()
    }
  }

  free(bytes: number): void {
    this.#bytes -= bytes
  }

  /** A look at every window costs a microsecond: there are a hundred or two. */
  #oldest(): Spender | undefined {
    let oldest: Spender | undefined
    let revision = Number.POSITIVE_INFINITY
    for (const spender of this.#spenders) {
      const own = spender.oldest
      if (own === undefined || own >= revision) continue
      oldest = spender
      revision = own
    }
    return oldest
  }
}
