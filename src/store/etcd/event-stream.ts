import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js'
import { CompactedError, StoreUnavailable } from '../store.ts'
import type { EtcdConnection } from './etcd-connection.ts'
import { faultOf } from './etcd-error.ts'
import { type DecodeValue, EtcdEvent } from './etcd-event.ts'
import type { KeySpace } from './key-space.ts'
import type { WatchEvent, WatchRequest, WatchResponse } from './messages.ts'

export interface EventStreamDeps {
  readonly connection: EtcdConnection
  readonly keys: KeySpace
  readonly decode: DecodeValue
}

/** Whole responses: `events` in order, all of a revision together. `revision`: everything up to it has been told. */
export type OnEvents = (events: readonly EtcdEvent[], revision: number) => void

/**
 * One stream of everything below the store's root after a revision. Ends with CompactedError when that, or what an event
 * replaced, was compacted away, and with StoreUnavailable when the connection is lost.
 */
export class EventStream {
  readonly #deps: EventStreamDeps
  readonly #onEvents: OnEvents
  readonly #call: ClientDuplexStream<WatchRequest, WatchResponse>
  readonly #ended = Promise.withResolvers<Error>()
  readonly #after: number
  /** Events of a response of which more follows. */
  #fragments: WatchEvent[] = []

  static async open(deps: EventStreamDeps, after: number, onEvents: OnEvents): Promise<EventStream> {
    return new EventStream(deps, after, onEvents, await deps.connection.watch())
  }

  private constructor(
    deps: EventStreamDeps,
    after: number,
    onEvents: OnEvents,
    call: ClientDuplexStream<WatchRequest, WatchResponse>,
  ) {
    this.#deps = deps
    this.#onEvents = onEvents
    this.#after = after
    this.#call = call
    call.on('data', (response: WatchResponse) => this.#receive(response))
    call.on('error', (error: ServiceError) => this.#fail(streamError(error)))
    call.on('end', () => this.#fail(new StoreUnavailable('etcd ended a watch')))
    // From `after` itself, whose events are known: when that was compacted, so may be what came just after.
    const startRevision = Math.max(1, after)
    const { key, rangeEnd } = deps.keys.root()
    call.write({ createRequest: { key, rangeEnd, startRevision, progressNotify: true, prevKv: true, fragment: true } })
  }

  /** Resolves with the reason when the stream is over. */
  get ended(): Promise<Error> {
    return this.#ended.promise
  }

  requestProgress(): void {
    this.#call.write({ progressRequest: {} })
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
    this.#tell(events, response.header?.revision ?? 0)
  }

  #tell(received: readonly WatchEvent[], headerRevision: number): void {
    if (received.length === 0) return this.#onEvents([], headerRevision)
    const { keys, decode } = this.#deps
    const events: EtcdEvent[] = []
    for (const event of received) {
      if ((event.kv.modRevision ?? 0) <= this.#after) continue
      const told = new EtcdEvent(keys.fromEtcd(event.kv.key), event, decode)
      if (told.isTorn) return this.#fail(new CompactedError(told.revision))
      events.push(told)
    }
    const last = events.at(-1)
    if (last) this.#onEvents(events, last.revision)
  }

  #fail(error: Error): void {
    this.#ended.resolve(error)
    this.#call.removeAllListeners('data')
    this.#call.cancel()
  }
}

function cancelled({ compactRevision, cancelReason }: WatchResponse): Error {
  if (compactRevision) return new CompactedError(compactRevision)
  return new StoreUnavailable(`etcd cancelled a watch${cancelReason ? `: ${cancelReason}` : ''}`)
}

function streamError(error: ServiceError): Error {
  const fault = faultOf(error)
  return fault.kind === 'refused' ? fault.error : new StoreUnavailable(`a watch of etcd broke: ${fault.why}`)
}
