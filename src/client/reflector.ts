import type { ApiObject } from '../api/resource.ts'
import { StatusError } from '../api/status-error.ts'
import type { Clock } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import { unreachable } from '../base/unreachable.ts'
import { Backoff } from './backoff.ts'
import { Breath } from './breath.ts'
import type { ListOptions, ListResult, WatchOptions } from './client.ts'
import type { WatchEvent } from './transport.ts'

/** Where objects come from: a ResourceClient, or part of one resource by a selector. */
export interface ReflectorSource<T extends ApiObject> {
  list(options: ListOptions): Promise<ListResult<T>>
  watchTogether(options: WatchOptions, signal: AbortSignal): AsyncIterable<readonly WatchEvent<T>[]>
}

/** Where objects go. A listing is `begin`, any number of `put`s, `end`: what was not put in between is gone. */
export interface ReflectorSink<T> {
  begin(): void
  end(revision: string): void
  put(object: DeepReadonly<T>): void
  remove(object: DeepReadonly<T>): void
  /** All that happened up to this revision has been told. */
  reached(revision: string): void
}

/**
 * - `empty`: nothing is known, list; by a watch that sends initial events, or by LIST where the server cannot
 * - `listed`: all is known up to the revision, watch from there
 */
export type ReflectorState =
  | { readonly at: 'empty'; readonly by: 'watch' | 'list' }
  | { readonly at: 'listed'; readonly by: 'watch' | 'list'; readonly revision: string }

type Listed = Extract<ReflectorState, { at: 'listed' }>

export const empty: ReflectorState = { at: 'empty', by: 'watch' }

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'
const PAGE = 500
const MIN_WATCH_SECONDS = 300 // client-go: watches last 5 to 10 minutes
/** A watch that ends sooner without an event counts as a failure, as in client-go. */
const SHORT_WATCH_MS = 1000
/** client-go: 800 ms to 30 s, forgotten after two minutes without failure. */
const BACKOFF = { firstMs: 800, maxMs: 30_000, jitter: 1 }
const FORGET_FAILURES_MS = 120_000

/** What a step came to. With a failure, `next` is where to go on after a pause. */
export interface ReflectorStep {
  readonly next: ReflectorState
  readonly failure?: unknown
}

/** One step of the list-and-watch protocol; returns when its request has ended. */
export async function step<T extends ApiObject>(
  state: ReflectorState,
  source: ReflectorSource<T>,
  sink: ReflectorSink<T>,
  signal: AbortSignal,
): Promise<ReflectorStep> {
  switch (state.at) {
    case 'empty':
      return state.by === 'list' ? listInPages(source, sink, signal) : listByWatch(source, sink, signal)
    case 'listed':
      return follow(state, source, sink, signal)
    default:
      return unreachable(state)
  }
}

/** First the present objects, then a bookmark, then changes on the same stream. */
async function listByWatch<T extends ApiObject>(
  source: ReflectorSource<T>,
  sink: ReflectorSink<T>,
  signal: AbortSignal,
): Promise<ReflectorStep> {
  const options = { ...watchOptions(), sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } as const
  let next: ReflectorState = empty
  try {
    sink.begin()
    const breath = new Breath()
    for await (const events of source.watchTogether(options, signal)) {
      breath.begin()
      for (const event of events) {
        if (next.at === 'empty' && isInitialEventsEnd(event)) next = endListing(sink, 'watch', revisionOf(event))
        else tell(sink, event)
        if (breath.isOver()) await breath.next()
      }
      if (next.at === 'listed') next = reached(next, sink, events)
    }
    return { next }
  } catch (failure) {
    if (next.at === 'empty' && isUnsupported(failure)) return { next: { at: 'empty', by: 'list' } }
    return isGone(failure) ? { next: empty } : { next, failure }
  }
}

async function listInPages<T extends ApiObject>(
  source: ReflectorSource<T>,
  sink: ReflectorSink<T>,
  signal: AbortSignal,
): Promise<ReflectorStep> {
  try {
    sink.begin()
    const breath = new Breath()
    let page: ListResult<T> | undefined
    do {
      const token = page?.metadata.continue
      page = await source.list({ limit: PAGE, signal, ...(token && { continue: token }) })
      breath.begin()
      for (const object of page.items) {
        sink.put(object)
        if (breath.isOver()) await breath.next()
      }
    } while (page.metadata.continue)
    return { next: endListing(sink, 'list', page.metadata.resourceVersion ?? '0') }
  } catch (failure) {
    return { next: { at: 'empty', by: 'list' }, failure }
  }
}

async function follow<T extends ApiObject>(
  state: Listed,
  source: ReflectorSource<T>,
  sink: ReflectorSink<T>,
  signal: AbortSignal,
): Promise<ReflectorStep> {
  let next = state
  try {
    const options = { ...watchOptions(), resourceVersion: state.revision }
    const breath = new Breath()
    for await (const events of source.watchTogether(options, signal)) {
      breath.begin()
      for (const event of events) {
        tell(sink, event)
        if (breath.isOver()) await breath.next()
      }
      next = reached(next, sink, events)
    }
    return { next } // the server closed an idle watch: resume
  } catch (failure) {
    if (isGone(failure)) return { next: { at: 'empty', by: state.by } } // our revision was compacted away: list again
    return { next, failure }
  }
}

function endListing<T>(sink: ReflectorSink<T>, by: Listed['by'], revision: string): Listed {
  sink.end(revision)
  return { at: 'listed', by, revision }
}

function tell<T extends ApiObject>(sink: ReflectorSink<T>, event: WatchEvent<T>): void {
  if (event.type === 'DELETED') sink.remove(event.object)
  else if (event.type !== 'BOOKMARK') sink.put(event.object)
}

/** All of these, which came together, have been told. */
function reached<T extends ApiObject>(state: Listed, sink: ReflectorSink<T>, events: readonly WatchEvent<T>[]): Listed {
  const revision = revisionOf(events.at(-1)!)
  sink.reached(revision)
  return { ...state, revision }
}

const watchOptions = (): WatchOptions => ({
  allowWatchBookmarks: true,
  timeoutSeconds: Math.round(MIN_WATCH_SECONDS * (1 + Math.random())),
})

const metadataOf = <T extends ApiObject>({ object }: WatchEvent<T>) => (object as DeepReadonly<ApiObject>).metadata
const revisionOf = <T extends ApiObject>(event: WatchEvent<T>) => metadataOf(event).resourceVersion ?? '0'
const isInitialEventsEnd = <T extends ApiObject>(event: WatchEvent<T>) =>
  event.type === 'BOOKMARK' && metadataOf(event).annotations?.[INITIAL_EVENTS_END] === 'true'
const isGone = (error: unknown) => error instanceof StatusError && error.code === 410
/** A server without WatchList refuses the parameter: 400, 405 or 422. */
const isUnsupported = (error: unknown) => error instanceof StatusError && [400, 405, 422].includes(error.code)

export interface ReflectorDeps<T extends ApiObject> {
  /** For messages: the resource. */
  readonly name: string
  readonly source: ReflectorSource<T>
  readonly sink: ReflectorSink<T>
  readonly clock: Clock
  readonly log: Logger
}

/** Keeps the sink equal to the source until the signal aborts. Failures are logged and tried again after a back-off. */
export async function reflect<T extends ApiObject>(deps: ReflectorDeps<T>, signal: AbortSignal): Promise<void> {
  const { name, source, sink, clock, log } = deps
  const backoff = new Backoff(BACKOFF)
  let state: ReflectorState = empty
  while (!signal.aborted) {
    const began = clock.monotonic()
    const { next, failure } = await step(state, source, sink, signal)
    if (signal.aborted) return
    if (failure !== undefined) log.warn('watch failed', { resource: name, error: failure })
    const lastedMs = clock.monotonic() - began
    if (lastedMs > FORGET_FAILURES_MS) backoff.reset()
    const idle = next === state && lastedMs < SHORT_WATCH_MS
    state = next
    if (failure !== undefined || idle) await pause(backoff.next(), clock, signal)
  }
}

/** Sleeps; ends early and quietly when the signal aborts. */
async function pause(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
