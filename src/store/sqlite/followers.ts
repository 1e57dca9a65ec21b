import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { CompactedError, FutureRevisionError, RevisionMismatch, type Store } from '../store.ts'
import type {
  FollowerError,
  FollowerOutcome,
  FollowerRequest,
  FollowerSeat,
  FollowerWrites,
  LeaderMessage,
} from './follower-messages.ts'

export interface FollowersInit {
  readonly store: Store
  /** The database of the store. */
  readonly file: string
}

/**
 * Lets other threads use the store of this one. They read the database themselves, as of the newest published revision,
 * which they find in shared memory; only their writes come here.
 *
 * A follower never sees less than what anybody was told: the shared revision is set while a commit is published, before
 * its writers hear of it.
 */
export class Followers implements Disposable {
  readonly #store: Store
  readonly #file: string
  readonly #newest = new SharedArrayBuffer(8)
  readonly #seats = new Set<Seat>()
  readonly #stop = new AbortController()

  constructor({ store, file }: FollowersInit) {
    this.#store = store
    this.#file = file
    this.#publish(store.revision())
    const watch = store.watch('', store.revision(), (_events, revision) => this.#publish(revision), this.#stop.signal)
    watch.catch(() => this[Symbol.dispose]()) // the store is closed or broken, and so are its followers
  }

  /** A place for one more thread. It is given up when its port closes. */
  seat(): FollowerSeat {
    const { port1, port2 } = new MessageChannel()
    const seat = new Seat(this.#store, port1)
    this.#seats.add(seat)
    port1.on('close', () => this.#seats.delete(seat))
    if (this.#stop.signal.aborted) port1.close()
    return { file: this.#file, port: port2, newest: this.#newest }
  }

  [Symbol.dispose](): void {
    this.#stop.abort()
    for (const seat of this.#seats) seat.close()
  }

  #publish(revision: number): void {
    Atomics.store(new BigInt64Array(this.#newest), 0, BigInt(revision))
    for (const seat of this.#seats) seat.published()
  }
}

/** One follower, seen from the store's thread. */
class Seat {
  readonly #store: Store
  readonly #port: MessagePort
  /** Outcomes of this turn: those of one commit come together. */
  #outcomes: FollowerOutcome[] = []
  /** A message says that there is something new, and the follower has not had its turn since. */
  #pinged = false

  constructor(store: Store, port: MessagePort) {
    this.#store = store
    this.#port = port
    port.on('message', (request: FollowerRequest) => this.#handle(request))
    port.unref()
  }

  published(): void {
    if (this.#pinged) return
    this.#pinged = true
    this.#post({ type: 'published' })
    setImmediate(() => {
      this.#pinged = false
    })
  }

  close(): void {
    this.#port.close()
  }

  #handle(request: FollowerRequest): void {
    if (request.type === 'write') this.#write(request)
    else if (request.type === 'health') this.#post({ type: 'health', problem: this.#store.unhealthy() })
    else
      this.#answer(
        request.id,
        this.#store.compact(request.revision).then(() => request.revision),
      )
  }

  #write({ firstId, keys, expected, ttlSeconds, ends, bytes }: FollowerWrites): void {
    let start = 0
    for (const [index, key] of keys.entries()) {
      const end = ends[index]!
      if (end < 0) this.#answer(firstId + index, this.#store.delete(key, expected[index]!))
      else {
        const value = bytes.subarray(start, end)
        const options = ttlSeconds[index] ? { ttlSeconds: ttlSeconds[index] } : {}
        this.#answer(firstId + index, this.#store.put(key, value, expected[index]!, options))
        start = end
      }
    }
  }

  #answer(id: number, done: Promise<number>): void {
    done.then(
      (revision) => this.#collect({ id, revision }),
      (error: unknown) => this.#collect({ id, error: takenApart(error as Error) }),
    )
  }

  #collect(outcome: FollowerOutcome): void {
    if (this.#outcomes.push(outcome) > 1) return
    setImmediate(() => {
      this.#post({ type: 'outcomes', outcomes: this.#outcomes })
      this.#outcomes = []
    })
  }

  #post(message: LeaderMessage): void {
    this.#port.postMessage(message)
  }
}

function takenApart(error: Error): FollowerError {
  const { name, message } = error
  if (error instanceof RevisionMismatch) return { name, message, revision: error.actual }
  if (error instanceof CompactedError) return { name, message, revision: error.compacted }
  if (error instanceof FutureRevisionError) return { name, message, revision: error.current }
  return { name, message }
}
