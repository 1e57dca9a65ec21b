import { setImmediate as nextTurn } from 'node:timers/promises'
import type { LiveWatchers } from './live-watchers.ts'
import { CompactedError, type StoreEvent, type WatchSink } from './store.ts'

/** A store whose past can be read on this thread. */
export interface LogSource {
  readonly live: LiveWatchers
  revision(): number
  compactedRevision(): number
  /** Some of the writes under `prefix` above `after` and up to `upTo`; `revision` is how far it looked. */
  readLog(prefix: string, after: number, upTo: number): { events: StoreEvent[]; revision: number }
}

/**
 * Store.watch over a log: reads page after page, yielding in between, and goes live in the same turn in which the last
 * page was read, so nothing falls into a gap. `after` may lie in the future: what comes up to it is not told.
 */
export async function followLog(
  source: LogSource,
  prefix: string,
  after: number,
  sink: WatchSink,
  signal: AbortSignal,
): Promise<void> {
  let told = after
  sink([], Math.min(told, source.revision()))
  while (told < source.revision()) {
    if (signal.aborted) return
    if (told < source.compactedRevision()) throw new CompactedError(source.compactedRevision())
    const page = source.readLog(prefix, told, source.revision())
    sink(page.events, page.revision)
    told = page.revision
    if (told < source.revision()) await nextTurn()
  }
  if (signal.aborted) return
  if (told < source.compactedRevision()) throw new CompactedError(source.compactedRevision())
  await source.live.join(prefix, told > source.revision() ? skipUpTo(told, sink) : sink, signal)
}

function skipUpTo(revision: number, sink: WatchSink): WatchSink {
  return (events, progress) => {
    const later = events.length > 0 ? events.filter((event) => event.revision > revision) : events
    sink(later, progress)
  }
}
