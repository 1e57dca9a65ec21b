import type { StoreEvent, WatchSink } from './store.ts'

interface LiveWatcher {
  readonly sink: WatchSink
  readonly fail: (error: Error) => void
}

/** The watchers of one prefix, none of them twice and never no one. */
interface Audience {
  readonly prefix: string
  /** It ends with a slash, so that an event is the watchers' own when the prefix is one of its key's folders. */
  readonly isFolder: boolean
  readonly watchers: Set<LiveWatcher>
  /** What is being published and is their own. */
  events: StoreEvent[]
}

const NONE: StoreEvent[] = []

/** The watchers of a store in this process that have caught up: they hear of each group of commits as it is published. */
export class LiveWatchers {
  readonly #byPrefix = new Map<string, Audience>()

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

  /** Every watcher is called, those whose prefix was not touched with the progress alone: few things here cost so little. */
  publish(events: readonly StoreEvent[], revision: number): void {
    for (const event of events) this.#hand(event)
    for (const audience of this.#byPrefix.values()) {
      const own = audience.isFolder ? audience.events : events.filter(({ key }) => key.startsWith(audience.prefix))
      audience.events = NONE
      for (const watcher of audience.watchers) tell(watcher, own, revision)
    }
  }

  failAll(error: Error): void {
    for (const { watchers } of this.#byPrefix.values()) for (const watcher of watchers) watcher.fail(error)
  }

  /** There are many watchers and few of them concerned: a key's own folders say which, without a look at each. */
  #hand(event: StoreEvent): void {
    for (let end = event.key.indexOf('/'); end !== -1; end = event.key.indexOf('/', end + 1)) {
      const audience = this.#byPrefix.get(event.key.slice(0, end + 1))
      if (!audience) continue
      if (audience.events === NONE) audience.events = [event]
      else audience.events.push(event)
    }
  }

  #add(prefix: string, watcher: LiveWatcher): void {
    const audience = this.#byPrefix.get(prefix)
    if (audience) audience.watchers.add(watcher)
    else this.#byPrefix.set(prefix, { prefix, isFolder: isFolder(prefix), watchers: new Set([watcher]), events: NONE })
  }

  #remove(prefix: string, watcher: LiveWatcher): void {
    const watchers = this.#byPrefix.get(prefix)?.watchers
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
