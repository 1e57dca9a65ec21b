import type { Event } from '../api/types/core.v1.ts'
import { RecentMap } from '../base/recent-map.ts'

/** An event that is about to be written; identity is given when it is. */
export type EventDraft = Omit<Event, 'metadata' | 'kind' | 'apiVersion'> & {
  readonly metadata: { name: string; namespace: string; annotations?: Record<string, string> }
}

/** What to do with an event: write it, raise the count of the one it repeats, or drop it as spam. */
export type Correlated =
  | { readonly action: 'create'; readonly event: EventDraft; readonly key: string }
  | { readonly action: 'repeat'; readonly event: EventDraft; readonly key: string }
  | { readonly action: 'drop' }

/** client-go's defaults (EventCorrelator). */
const REMEMBERED = 4096
const SPAM_BURST = 25
const SPAM_REFILL_MS = 300_000
const SIMILAR_LIMIT = 10
const SIMILAR_INTERVAL_MS = 600_000

interface Written {
  readonly name: string
  readonly count: number
  readonly firstTimestamp: string | undefined
}

interface Similar {
  /** Messages seen under one reason, at most SIMILAR_LIMIT. */
  readonly messages: Set<string>
  lastMs: number
}

interface Allowance {
  left: number
  atMs: number
}

/**
 * Decides what becomes of events, as client-go's correlator: a source may write 25 about an object, then one in five
 * minutes; ten messages under one reason within ten minutes become one "combined" event; the same again raises `count`.
 */
export class EventCorrelator {
  readonly #allowances = new RecentMap<string, Allowance>(REMEMBERED)
  readonly #similar = new RecentMap<string, Similar>(REMEMBERED)
  readonly #written = new RecentMap<string, Written>(REMEMBERED)

  /** `nowMs` on any clock that goes forward. */
  correlate(event: EventDraft, nowMs: number): Correlated {
    const { event: combined, key } = this.#aggregate(event, nowMs)
    const earlier = this.#written.get(key)
    const action = earlier ? 'repeat' : 'create'
    const result = earlier ? repeated(combined, earlier) : combined
    this.#remember(key, result)
    return this.#allowed(event, nowMs) ? { action, event: result, key } : { action: 'drop' }
  }

  /** The event to repeat is gone from the server: `event` begins a new series. */
  restart(key: string, event: EventDraft): EventDraft {
    const first = { ...event, count: 1, ...(event.lastTimestamp && { firstTimestamp: event.lastTimestamp }) }
    this.#remember(key, first)
    return first
  }

  #remember(key: string, { metadata, count = 1, firstTimestamp }: EventDraft): void {
    this.#written.set(key, { name: metadata.name, count, firstTimestamp })
  }

  #aggregate(event: EventDraft, nowMs: number): { event: EventDraft; key: string } {
    const group = JSON.stringify([subjectOf(event), event.type, event.reason])
    const message = event.message ?? ''
    let similar = this.#similar.get(group)
    if (!similar || nowMs - similar.lastMs > SIMILAR_INTERVAL_MS) similar = { messages: new Set(), lastMs: nowMs }
    similar.lastMs = nowMs
    similar.messages.add(message)
    this.#similar.set(group, similar)
    if (similar.messages.size < SIMILAR_LIMIT) {
      return { event, key: JSON.stringify([group, event.involvedObject.fieldPath, message]) }
    }
    for (const oldest of similar.messages) {
      similar.messages.delete(oldest)
      break
    }
    return { event: { ...event, message: `(combined from similar events): ${message}` }, key: group }
  }

  #allowed(event: EventDraft, nowMs: number): boolean {
    const key = JSON.stringify(subjectOf(event))
    const { left, atMs } = this.#allowances.get(key) ?? { left: SPAM_BURST, atMs: nowMs }
    const refilled = Math.min(SPAM_BURST, left + (nowMs - atMs) / SPAM_REFILL_MS)
    const allowed = refilled >= 1
    this.#allowances.set(key, { left: allowed ? refilled - 1 : refilled, atMs: nowMs })
    return allowed
  }
}

const subjectOf = ({ source, involvedObject: { kind, namespace, name, uid, apiVersion } }: EventDraft) => [
  source?.component,
  source?.host,
  kind,
  namespace,
  name,
  uid,
  apiVersion,
]

function repeated(event: EventDraft, { name, count, firstTimestamp }: Written): EventDraft {
  return {
    ...event,
    metadata: { ...event.metadata, name },
    count: count + 1,
    ...(firstTimestamp !== undefined && { firstTimestamp }),
  }
}
