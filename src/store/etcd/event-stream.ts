import { CompactedError, StoreUnavailable } from '../store.ts'
import type { EtcdConnection, WatchCall } from './etcd-connection.ts'
import { faultOf } from './etcd-error.ts'
import { type DecodeValue, EtcdEvent } from './etcd-event.ts'
import type { KeySpace } from './key-space.ts'
import type { WatchEvent, WatchResponse } from './messages.ts'

export interface EventStreamDeps {
  readonly connection: EtcdConnection
  readonly keys: KeySpace
  readonly decode: DecodeValue
}

/**
 * Whole responses, those that came together in one call: `events` in order, all of a revision together. `revision`:
 * everything up to it has been told.
 */
export type OnEvents = (events: readonly EtcdEvent[], revision: number) => void

interface News {
  readonly events: EtcdEvent[]
  revision: number
}

const NO_NEWS: News = Object.freeze({ events: [], revision: 0 })

/**
 * One stream of everything below the store's root after a revision. Ends with CompactedError when that was
 * compacted away, and with StoreUnavailable when the connection is lost.
 */
export class EventStream {
  readonly #deps: EventStreamDeps
  readonly #onEvents: OnEvents
  #call: WatchCall | undefined
  readonly #ended = Promise.withResolvers<Error>()
  readonly #after: number
  /** Events of a response of which more follows. */
  #fragments: WatchEvent[] = []
  /** What has come in this turn of the event loop: `events` make up everything until `revision`, 0 when nothing came. */
  #news = NO_NEWS
  #isOver = false

  static async open(deps: EventStreamDeps, after: number, onEvents: OnEvents): Promise<EventStream> {
    const stream = new EventStream(deps, after, onEvents)
    const call = await deps.connection.watch({
      onMessage: (response) => stream.#receive(response),
      onEnd: (error) => stream.#fail(error ? streamError(error) : new StoreUnavailable('etcd ended a watch')),
    })
    stream.#begin(call)
    return stream
  }

  private constructor(deps: EventStreamDeps, after: number, onEvents: OnEvents) {
    this.#deps = deps
    this.#onEvents = onEvents
    this.#after = after
  }

  #begin(call: WatchCall): void {
    this.#call = call
    // From `after` itself, whose events are known: when that was compacted, so may be what came just after.
    const startRevision = Math.max(1, this.#after)
    const { key, rangeEnd } = this.#deps.keys.root()
    call.send({ createRequest: { key, rangeEnd, startRevision, progressNotify: true, prevKv: false, fragment: true } })
  }

  /** Resolves with the reason when the stream is over. */
  get ended(): Promise<Error> {
    return this.#ended.promise
  }

  requestProgress(): void {
    this.#call?.send({ progressRequest: {} })
  }

  close(reason: Error): void {
    this.#fail(reason)
  }

  #receive(response: WatchResponse): void {
    if (response.canceled) return this.#fail(cancelled(response))
    if (response.created) return
    if (response.events) this.#fragments.push(...response.events)
    if (response.fragment) return
    const events = this.#fragments
    this.#fragments = []
    this.#add(events, response.header?.revision ?? 0)
  }

  #add(received: readonly WatchEvent[], headerRevision: number): void {
    if (this.#news === NO_NEWS) {
      this.#news = { events: [], revision: 0 }
      process.nextTick(() => this.#tell()) // etcd sends a response for each write: those of one turn are told at once
    }
    const { keys, decode } = this.#deps
    for (const event of received) {
      if ((event.kv.modRevision ?? 0) <= this.#after) continue
      const told = new EtcdEvent(keys.fromEtcd(event.kv.key), event, decode)
      this.#news.events.push(told)
      this.#news.revision = told.revision
    }
    if (received.length === 0) this.#news.revision = Math.max(this.#news.revision, headerRevision)
  }

  #tell(): void {
    const { events, revision } = this.#news
    this.#news = NO_NEWS
    if (this.#isOver || revision === 0) return
    try {
      this.#onEvents(events, revision)
    } catch (error) {
      this.#fail(error as Error) // whoever reads this stream cannot go on
    }
  }

  #fail(error: Error): void {
    this.#isOver = true
    this.#ended.resolve(error)
    this.#call?.cancel()
  }
}

function cancelled({ compactRevision, cancelReason }: WatchResponse): Error {
  if (compactRevision) return new CompactedError(compactRevision)
  return new StoreUnavailable(`etcd cancelled a watch${cancelReason ? `: ${cancelReason}` : ''}`)
}

function streamError(error: Error): Error {
  const fault = faultOf(error)
  return fault.kind === 'refused' ? fault.error : new StoreUnavailable(`a watch of etcd broke: ${fault.why}`)
}
