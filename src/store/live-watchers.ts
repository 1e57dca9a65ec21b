import type { StoreEvent, WatchSink } from './store.ts'

interface LiveWatcher {
  readonly sink: WatchSink
  readonly fail: (error: Error) => void
}

const NONE: readonly StoreEvent[] = []

/** The watchers of a store in this process that have caught up: they hear of each group of commits as it is published. */
export class LiveWatchers {
  /** No set is empty. */
  readonly #byPrefix = new Map<string, Set<LiveWatcher>>()

  /** From now on tells `sink` what happens under `prefix`. Resolves when the signal aborts, rejects on `failAll`. */
  join(prefix: string, sink: WatchSink, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const watcher: LiveWatcher = { sink, fail: reject }
    const leave = () => resolve()
    signal.addEventListener('abort', leave, { once: true })
    this.#add(prefix, watcher)
    return promise.finally(() => {
      signal.removeEventListener('abort', leave)
      this.#remove(prefix, watcher)
    })
  }

  /** Every watcher is called, those whose prefix was not touched with the progress alone. */
  publish(events: readonly StoreEvent[], revision: number): void {
    const folders = this.#byFolder(events)
    this.#byPrefix.forEach((watchers, prefix) => {
      const own = isFolder(prefix) ? folders.get(prefix) : events.filter((event) => event.key.startsWith(prefix))
      for (const watcher of watchers) tell(watcher, own ?? NONE, revision)
    })
  }

  failAll(error: Error): void {
    for (const watchers of this.#byPrefix.values()) for (const watcher of watchers) watcher.fail(error)
  }

  /** There are many watchers and few of them concerned: a key's own folders say which, without a look at each. */
  #byFolder(events: readonly StoreEvent[]): ReadonlyMap<string, StoreEvent[]> {
    const folders = new Map<string, StoreEvent[]>()
    for (const event of events) {
      for (let end = event.key.indexOf('/'); end !== -1; end = event.key.indexOf('/', end + 1)) {
        const folder = event.key.slice(0, end + 1)
        if (!this.#byPrefix.has(folder)) continue
        const own = folders.get(folder)
        if (own) own.push(event)
        else folders.set(folder, [event])
      }
    }
    return folders
  }

  #add(prefix: string, watcher: LiveWatcher): void {
    const watchers = this.#byPrefix.get(prefix)
    if (watchers) watchers.add(watcher)
    else this.#byPrefix.set(prefix, new Set([watcher]))
  }

  #remove(prefix: string, watcher: LiveWatcher): void {
    const watchers = this.#byPrefix.get(prefix)
    watchers?.delete(watcher)
    if (watchers?.size === 0) this.#byPrefix.delete(prefix)
  }
}

const isFolder = (prefix: string): boolean => prefix.endsWith('/')

/** A sink that throws has lost something: its watch ends with what it threw, and others do not notice. */
function tell({ sink, fail }: LiveWatcher, events: readonly StoreEvent[], revision: number): void {
  try {
    sink(events, revision)
  } catch (error) {
    fail(error as Error)
  }
}
