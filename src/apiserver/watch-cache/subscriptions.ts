import type { CacheIndex } from './cache-index.ts'
import type { CachedEvent, CacheWatcher } from './watch-cache.ts'

/** Watchers, each with the revision up to which it has been told already, or does not want to be. */
type Watchers = Map<CacheWatcher, number>

/** Who hears of the events of a cache. Watchers of one index value are found by it, so that the others cost nothing. */
export class Subscriptions {
  readonly #all: Watchers = new Map()
  /** By index, then by value. No map in it is empty. */
  readonly #byValue = new Map<CacheIndex, Map<string, Watchers>>()

  /** `index` is the one that `watcher.only` names. */
  add(watcher: CacheWatcher, after: number, index: CacheIndex | undefined): void {
    if (index && watcher.only) this.#addByValue(index, watcher.only.value, watcher, after)
    else this.#all.set(watcher, after)
  }

  remove(watcher: CacheWatcher, index: CacheIndex | undefined): void {
    if (index && watcher.only) this.#removeByValue(index, watcher.only.value, watcher)
    else this.#all.delete(watcher)
  }

  publish(events: readonly CachedEvent[], revision: number): void {
    if (events.length === 0) return
    for (const [watcher, after] of this.#all) tell(watcher, after, events, revision)
    for (const [index, byValue] of this.#byValue) publishByValue(index, byValue, events, revision)
  }

  endAll(why: 'closed' | 'lost'): void {
    const everyone = [...this.#all.keys(), ...[...this.#byValue.values()].flatMap((byValue) => flatten(byValue))]
    this.#all.clear()
    this.#byValue.clear()
    for (const watcher of everyone) watcher.end(why)
  }

  #addByValue(index: CacheIndex, value: string, watcher: CacheWatcher, after: number): void {
    const byValue = this.#byValue.get(index) ?? new Map<string, Watchers>()
    this.#byValue.set(index, byValue)
    const watchers = byValue.get(value)
    if (watchers) watchers.set(watcher, after)
    else byValue.set(value, new Map([[watcher, after]]))
  }

  #removeByValue(index: CacheIndex, value: string, watcher: CacheWatcher): void {
    const byValue = this.#byValue.get(index)
    const watchers = byValue?.get(value)
    watchers?.delete(watcher)
    if (watchers?.size === 0) byValue?.delete(value)
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
  byValue: ReadonlyMap<string, Watchers>,
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
    for (const [watcher, after] of byValue.get(value) ?? []) tell(watcher, after, own, revision)
  }
}

function tell(watcher: CacheWatcher, after: number, events: readonly CachedEvent[], revision: number): void {
  if (revision <= after) return
  const isPartial = events.length > 0 && events[0]!.revision <= after
  watcher.events(isPartial ? events.filter((event) => event.revision > after) : events, revision)
}

function flatten(byValue: ReadonlyMap<string, Watchers>): CacheWatcher[] {
  return [...byValue.values()].flatMap((watchers) => [...watchers.keys()])
}
