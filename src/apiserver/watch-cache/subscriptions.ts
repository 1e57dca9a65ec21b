import type { CacheIndex } from './cache-index.ts'
import type { CachedEvent, CacheWatcher } from './watch-cache.ts'

interface Subscription {
  readonly watcher: CacheWatcher
  /** What it has been told already, or does not want: events up to here. */
  readonly after: number
}

/** Who hears of the events of a cache. Watchers of one index value are found by it, so that the others cost nothing. */
export class Subscriptions {
  readonly #all = new Set<Subscription>()
  /** By index, then by value. No map and no set in it is empty. */
  readonly #byValue = new Map<CacheIndex, Map<string, Set<Subscription>>>()

  /** `index` is the one that `watcher.only` names. */
  add(watcher: CacheWatcher, after: number, index: CacheIndex | undefined): () => void {
    const subscription = { watcher, after }
    if (!index || !watcher.only) {
      this.#all.add(subscription)
      return () => this.#all.delete(subscription)
    }
    const { value } = watcher.only
    this.#addByValue(index, value, subscription)
    return () => this.#removeByValue(index, value, subscription)
  }

  publish(events: readonly CachedEvent[], revision: number): void {
    if (events.length === 0) return
    for (const subscription of this.#all) tell(subscription, events, revision)
    for (const [index, byValue] of this.#byValue) publishByValue(index, byValue, events, revision)
  }

  endAll(why: 'closed' | 'lost'): void {
    const everyone = [...this.#all, ...[...this.#byValue.values()].flatMap((byValue) => flatten(byValue))]
    this.#all.clear()
    this.#byValue.clear()
    for (const { watcher } of everyone) watcher.end(why)
  }

  #addByValue(index: CacheIndex, value: string, subscription: Subscription): void {
    const byValue = this.#byValue.get(index) ?? new Map<string, Set<Subscription>>()
    this.#byValue.set(index, byValue)
    const subscriptions = byValue.get(value)
    if (subscriptions) subscriptions.add(subscription)
    else byValue.set(value, new Set([subscription]))
  }

  #removeByValue(index: CacheIndex, value: string, subscription: Subscription): void {
    const byValue = this.#byValue.get(index)
    const subscriptions = byValue?.get(value)
    subscriptions?.delete(subscription)
    if (subscriptions?.size === 0) byValue?.delete(value)
    if (byValue?.size === 0) this.#byValue.delete(index)
  }
}

/** The values under which watchers of `index` hear of an event: those of the object after and before. */
export function valuesOf(index: CacheIndex, { current, previous }: CachedEvent): Set<string> {
  const values = new Set(index.values(current))
  if (previous) for (const value of index.values(previous)) values.add(value)
  return values
}

function publishByValue(
  index: CacheIndex,
  byValue: ReadonlyMap<string, ReadonlySet<Subscription>>,
  events: readonly CachedEvent[],
  revision: number,
): void {
  const told = new Map<string, CachedEvent[]>()
  for (const event of events) {
    for (const value of valuesOf(index, event)) {
      if (!byValue.has(value)) continue
      const own = told.get(value)
      if (own) own.push(event)
      else told.set(value, [event])
    }
  }
  for (const [value, own] of told) {
    for (const subscription of byValue.get(value) ?? []) tell(subscription, own, revision)
  }
}

function tell({ watcher, after }: Subscription, events: readonly CachedEvent[], revision: number): void {
  if (revision <= after) return
  const isPartial = events.length > 0 && events[0]!.revision <= after
  watcher.events(isPartial ? events.filter((event) => event.revision > after) : events, revision)
}

function flatten(byValue: ReadonlyMap<string, ReadonlySet<Subscription>>): Subscription[] {
  return [...byValue.values()].flatMap((subscriptions) => [...subscriptions])
}
