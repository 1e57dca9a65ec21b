import type { CachedEvent } from './watch-cache.ts'

/** So many of the youngest events keep their objects decoded: watchers that follow ask for these. */
const DECODED_EVENTS = 1024

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
  /** The youngest events of all, from `#next` on in the order of their coming. */
  readonly #young: (CachedEvent | undefined)[] = Array.from({ length: DECODED_EVENTS })
  #next = 0
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

  /** For an event that its window keeps now. */
  spend(bytes: number, event: CachedEvent): void {
    this.#bytes += bytes
    release(this.#young[this.#next])
    this.#young[this.#next] = event
    this.#next = (this.#next + 1) % DECODED_EVENTS
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

/** What an event has left behind is not the cache's any more: nobody but watchers from the past may ask for it. */
function release(event: CachedEvent | undefined): void {
  event?.previous?.release?.()
  if (event?.type === 'DELETED') event.current.release?.()
}
