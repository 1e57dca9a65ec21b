import { yieldEvery } from '../yielding.ts'
import { IndexedObjects, labelIndex } from './cache-index.ts'
import type { CachedObject } from './watch-cache.ts'

/** Below this a look at every object costs less than it is worth to keep an index. */
const WORTH_OBJECTS = 256
/** A key that is asked for once only, gets none. */
const WORTH_QUESTIONS = 3
const MAX_INDEXES = 4
const MAX_COUNTED = 64

interface Current {
  size(): number
  get(key: string): CachedObject | undefined
  snapshot(): Iterable<CachedObject>
}

/**
 * Indexes by the labels that selectors keep naming, the few that were asked for last. One is built beside other work; until
 * it is complete there is none.
 */
export class LabelIndexes {
  readonly #current: Current
  /** How often keys without an index were asked for. */
  readonly #asked = new Map<string, number>()
  /** By label key, in the order of last use; complete or being built. Writes go to all. */
  readonly #indexes = new Map<string, IndexedObjects>()
  readonly #complete = new WeakSet<IndexedObjects>()

  constructor(current: Current) {
    this.#current = current
  }

  /** The objects with this label, in key order; undefined when there is no index: then all have to be looked at. */
  find(label: string, value: string): readonly CachedObject[] | undefined {
    if (this.#current.size() < WORTH_OBJECTS) return undefined
    const index = this.#indexes.get(label)
    if (!index) {
      this.#ask(label)
      return undefined
    }
    this.#indexes.delete(label)
    this.#indexes.set(label, index)
    return this.#complete.has(index) ? index.find(value) : undefined
  }

  replace(before: CachedObject | undefined, after: CachedObject | undefined): void {
    for (const index of this.#indexes.values()) index.replace(before, after)
  }

  clear(): void {
    this.#indexes.clear()
  }

  #ask(label: string): void {
    const times = (this.#asked.get(label) ?? 0) + 1
    if (times < WORTH_QUESTIONS) {
      if (this.#asked.size >= MAX_COUNTED) this.#asked.clear()
      this.#asked.set(label, times)
      return
    }
    this.#asked.delete(label)
    if (this.#indexes.size >= MAX_INDEXES) this.#indexes.delete(this.#indexes.keys().next().value as string)
    const index = new IndexedObjects(labelIndex(label), [])
    this.#indexes.set(label, index)
    void this.#build(label, index)
  }

  /** What was written since the snapshot is in the index already, and what it replaced stays out. */
  async #build(label: string, index: IndexedObjects): Promise<void> {
    const pause = yieldEvery()
    for (const object of this.#current.snapshot()) {
      if (this.#current.get(object.key) === object) index.replace(undefined, object)
      if (!pause.due()) continue
      await pause.now()
      if (this.#indexes.get(label) !== index) return
    }
    this.#complete.add(index)
  }
}
