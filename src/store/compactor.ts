import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { Logger } from '../base/log.ts'
import { CompactedError, type Store } from './store.ts'

export interface CompactorDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  /** How long history is kept at least, unless there are too many revisions. Upstream's API server: 5 min. */
  readonly keepMs?: number
  /** With more revisions than this the older half is forgotten at once. */
  readonly keepRevisions?: number
}

const FIVE_MINUTES_MS = 5 * 60_000
const KEEP_REVISIONS = 200_000

/**
 * Forgets history that is older than about `keepMs`: each round compacts to where the store was a round before (upstream:
 * storage/etcd3/compact.go). A round is only due after a write: an idle store has no timer.
 */
export class Compactor implements Component {
  readonly name = 'store compactor'
  readonly #deps: CompactorDeps
  readonly #keepMs: number
  readonly #keepRevisions: number
  #compacted = 0
  /** The store's revision when the last round ended: what is old enough in the next. */
  #mark = 0
  #cancelRound: (() => void) | undefined

  constructor(deps: CompactorDeps) {
    this.#deps = deps
    this.#keepMs = deps.keepMs ?? FIVE_MINUTES_MS
    this.#keepRevisions = deps.keepRevisions ?? KEEP_REVISIONS
  }

  async run(signal: AbortSignal): Promise<void> {
    const { store } = this.#deps
    this.#mark = store.revision()
    this.#compacted = this.#mark
    if (this.#mark > 1) this.#schedule() // history from before the start
    try {
      await store.watch('', this.#mark, (_events, revision) => this.#wrote(revision), signal)
    } finally {
      this.#cancelRound?.()
    }
  }

  #wrote(revision: number): void {
    if (revision > this.#mark) this.#schedule()
    if (revision - this.#compacted > this.#keepRevisions) {
      this.#compact(revision - Math.floor(this.#keepRevisions / 2))
    }
  }

  #schedule(): void {
    this.#cancelRound ??= this.#deps.clock.after(this.#keepMs, () => this.#round())
  }

  #round(): void {
    this.#cancelRound = undefined
    this.#compact(this.#mark)
    const revision = this.#deps.store.revision()
    if (revision > this.#mark) this.#schedule()
    this.#mark = revision
  }

  #compact(revision: number): void {
    this.#compacted = Math.max(this.#compacted, revision)
    this.#deps.store.compact(revision).catch((error: unknown) => {
      if (error instanceof CompactedError) return // somebody else did
      this.#deps.log.warn('the store could not be compacted; the next round tries again', { revision, error })
    })
  }
}
