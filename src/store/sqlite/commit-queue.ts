import { StoreUnavailable } from '../store.ts'
import type { BatchOutcome, WriteBatch } from './messages.ts'

/** A write that waits for its commit. */
export interface PendingWrite {
  readonly key: string
  /** Undefined for a deletion. */
  readonly value: Uint8Array | undefined
  readonly expected: number
  /** In ms since the epoch; 0: never. */
  readonly expires: number
  /** Tells the caller, after watchers were told. */
  settle(outcome: { revision: number; previous: number } | Error): void
}

export interface CommitQueueDeps {
  /** Makes a batch durable; rejects when nothing of it was written. */
  commit(batch: WriteBatch): Promise<BatchOutcome>
  /** Tells watchers of a committed batch, before its writers hear of it. */
  publish(writes: readonly PendingWrite[], outcome: BatchOutcome): void
  readonly maxWrites: number
  readonly maxBytes: number
}

/**
 * Group commit: while one batch is being made durable, what arrives waits and forms the next. Bounded: beyond `maxWrites`
 * or `maxBytes` waiting, writes are refused at once with StoreUnavailable.
 */
export class CommitQueue {
  readonly #deps: CommitQueueDeps
  #waiting: PendingWrite[] = []
  #waitingBytes = 0
  #committing = false
  #scheduled = false
  #idle: PromiseWithResolvers<void> | undefined

  constructor(deps: CommitQueueDeps) {
    this.#deps = deps
  }

  add(write: PendingWrite): void {
    const size = write.value?.length ?? 0
    if (this.#waiting.length >= this.#deps.maxWrites || this.#waitingBytes + size > this.#deps.maxBytes) {
      write.settle(new StoreUnavailable('the store has too many writes waiting'))
      return
    }
    this.#waiting.push(write)
    this.#waitingBytes += size
    this.#schedule()
  }

  /** Resolves when nothing waits and nothing is being committed. */
  drained(): Promise<void> {
    if (!this.#committing && this.#waiting.length === 0) return Promise.resolve()
    this.#idle ??= Promise.withResolvers()
    return this.#idle.promise
  }

  /** Not before the end of this turn: those who were just told their outcome may have more to write. */
  #schedule(): void {
    if (this.#committing || this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      void this.#commitWaiting()
    })
  }

  async #commitWaiting(): Promise<void> {
    const writes = this.#waiting
    this.#committing = true
    this.#waiting = []
    this.#waitingBytes = 0
    try {
      const outcome = await this.#deps.commit(packBatch(writes))
      this.#deps.publish(writes, outcome)
      settleAll(writes, outcome)
    } catch (error) {
      for (const write of writes) write.settle(error as Error)
    }
    this.#committing = false
    if (this.#waiting.length > 0) this.#schedule()
    else this.#idle?.resolve()
  }
}

function settleAll(writes: readonly PendingWrite[], { revisions, previous }: BatchOutcome): void {
  for (let index = 0; index < writes.length; index++) {
    writes[index]!.settle({ revision: revisions[index]!, previous: previous[index]! })
  }
}

function packBatch(writes: readonly PendingWrite[]): WriteBatch {
  const total = writes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
  const batch: WriteBatch = { keys: [], expected: [], expires: [], ends: [], bytes: new Uint8Array(total) }
  let end = 0
  for (const { key, value, expected, expires } of writes) {
    if (value) batch.bytes.set(value, end)
    end += value?.length ?? 0
    batch.keys.push(key)
    batch.expected.push(expected)
    batch.expires.push(expires)
    batch.ends.push(value ? end : -1)
  }
  return batch
}
