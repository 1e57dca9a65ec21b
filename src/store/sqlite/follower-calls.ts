import type { MessagePort } from 'node:worker_threads'
import { CompactedError, FutureRevisionError, OutcomeUnknown, RevisionMismatch, StoreUnavailable } from '../store.ts'
import type { FollowerError, FollowerOutcome, FollowerRequest } from './follower-messages.ts'

interface Call {
  readonly key: string
  readonly resolve: (revision: number) => void
  readonly reject: (error: Error) => void
}

interface QueuedWrite {
  readonly key: string
  /** Undefined: a deletion. */
  readonly value: Uint8Array | undefined
  readonly expected: number
  readonly ttlSeconds: number
}

/** Calls without an outcome yet. */
const MAX_CALLS = 20_000

/** What a follower asks of the thread that has the store: writes of one turn go in one message. */
export class FollowerCalls {
  readonly #port: MessagePort
  readonly #calls = new Map<number, Call>()
  /** Writes of this turn: they have the last ids that were given. */
  #queue: QueuedWrite[] = []
  #nextId = 1
  #settled: PromiseWithResolvers<void> | undefined

  constructor(port: MessagePort) {
    this.#port = port
  }

  write(key: string, value: Uint8Array | undefined, expected: number, ttlSeconds: number): Promise<number> {
    return this.#call(key, () => {
      if (this.#queue.push({ key, value, expected, ttlSeconds }) === 1) queueMicrotask(() => this.#flush())
    })
  }

  compact(revision: number): Promise<number> {
    this.#flush() // ids of queued writes are the last ones given
    return this.#call('', (id) => this.#post({ type: 'compact', id, revision }))
  }

  settle(outcomes: readonly FollowerOutcome[]): void {
    for (const outcome of outcomes) {
      const call = this.#calls.get(outcome.id)
      if (!call) continue
      this.#calls.delete(outcome.id)
      if ('error' in outcome) call.reject(putTogether(outcome.error, call.key))
      else call.resolve(outcome.revision)
    }
    if (this.#calls.size === 0) this.#settled?.resolve()
  }

  failAll(fault: Error): void {
    for (const call of this.#calls.values()) call.reject(fault)
    this.#calls.clear()
    this.#settled?.resolve()
  }

  /** Resolves when every call has its outcome. */
  async settled(): Promise<void> {
    if (this.#calls.size === 0) return
    this.#settled ??= Promise.withResolvers()
    await this.#settled.promise
  }

  #call(key: string, send: (id: number) => void): Promise<number> {
    if (this.#calls.size >= MAX_CALLS) {
      return Promise.reject(new StoreUnavailable('the store has too many writes waiting'))
    }
    return new Promise((resolve, reject) => {
      const id = this.#nextId++
      this.#calls.set(id, { key, resolve, reject })
      send(id)
    })
  }

  #flush(): void {
    const writes = this.#queue
    if (writes.length === 0) return
    this.#queue = []
    const bytes = new Uint8Array(writes.reduce((sum, { value }) => sum + (value?.byteLength ?? 0), 0))
    const ends: number[] = []
    let end = 0
    for (const { value } of writes) {
      if (value) bytes.set(value, end)
      end += value?.byteLength ?? 0
      ends.push(value ? end : -1)
    }
    const request: FollowerRequest = {
      type: 'write',
      firstId: this.#nextId - writes.length,
      keys: writes.map(({ key }) => key),
      expected: writes.map(({ expected }) => expected),
      ttlSeconds: writes.map(({ ttlSeconds }) => ttlSeconds),
      ends,
      bytes,
    }
    this.#port.postMessage(request, [bytes.buffer])
  }

  #post(request: FollowerRequest): void {
    this.#port.postMessage(request)
  }
}

function putTogether({ name, message, revision = 0 }: FollowerError, key: string): Error {
  if (name === 'RevisionMismatch') return new RevisionMismatch(key, revision)
  if (name === 'CompactedError') return new CompactedError(revision)
  if (name === 'FutureRevisionError') return new FutureRevisionError(revision)
  return name === 'OutcomeUnknown' ? new OutcomeUnknown(message) : new StoreUnavailable(message)
}
