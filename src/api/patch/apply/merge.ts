import { DEDUCED, LEAF, type ListMapType, type MergeType, type ObjectType, type SetType } from '../../merge-type.ts'
import { isObject, type JsonObject, setMember } from '../json-value.ts'
import { itemElement, type PathElement } from './element.ts'
import { ListItems } from './list-items.ts'

/**
 * The live object with what a configuration says: nothing goes away, leaves are the configuration's. Lists keep the live
 * order as far as the configuration does not order them otherwise. Neither input changes; the result shares parts with
 * both. `config` has no repeated items. Upstream: structured-merge-diff's Merge.
 */
export function merge(type: MergeType, live: unknown, config: unknown): unknown {
  if (live === undefined) return config
  if (config === undefined) return live
  switch (type.kind) {
    case 'leaf':
      return config
    case 'object':
      return mergeMembers(type, live, config)
    case 'deduced':
      return isObject(config) || (config === null && isObject(live)) ? mergeMembers(DEDUCED_MAP, live, config) : config
    case 'set':
    case 'list-map':
      return mergeLists(type, live, config)
  }
}

const DEDUCED_MAP: ObjectType = { kind: 'object', field: () => DEDUCED, declares: () => false }

/** A null or empty object counts only where the other is so too. */
function mergeMembers(type: ObjectType, live: unknown, config: unknown): unknown {
  if (!isObject(config)) return isObject(live) && Object.keys(live).length > 0 ? live : config
  if (!isObject(live)) return config
  const merged: JsonObject = {}
  for (const name in live) if (live[name] !== undefined) setMember(merged, name, live[name])
  for (const name in config) {
    const wanted = config[name]
    if (wanted === undefined) continue
    const current = Object.hasOwn(merged, name) ? merged[name] : undefined
    setMember(merged, name, merge(type.field(name) ?? LEAF, current, wanted))
  }
  return merged
}

function mergeLists(type: SetType | ListMapType, live: unknown, config: unknown): unknown {
  if (!Array.isArray(config) || config.length === 0) return Array.isArray(live) && live.length > 0 ? live : config
  if (!Array.isArray(live) || live.length === 0) return config
  return new ListMerge(type, live, config).merged()
}

interface Named {
  readonly element: PathElement
  readonly item: unknown
}

/** Two lists on their way into one. */
class ListMerge {
  readonly #type: SetType | ListMapType
  readonly #live: readonly Named[]
  readonly #config: readonly Named[]
  readonly #liveItems: ListItems
  readonly #wanted: ReadonlySet<PathElement>
  readonly #placed = new Set<PathElement>()
  /** Elements of both lists in the configuration's order. */
  readonly #shared: readonly PathElement[]
  readonly #result: unknown[] = []
  /** The place of the next element of `#shared` that is not placed yet. */
  #nextShared = 0

  constructor(type: SetType | ListMapType, live: readonly unknown[], config: readonly unknown[]) {
    const named = (item: unknown): Named => ({ element: itemElement(type, item), item })
    this.#type = type
    this.#live = live.map(named)
    this.#config = config.map(named)
    this.#liveItems = new ListItems(type, live)
    this.#wanted = new Set(this.#config.map(({ element }) => element))
    this.#shared = this.#config.map(({ element }) => element).filter((element) => this.#liveItems.first.has(element))
  }

  /**
   * Goes along both lists. Items that only the server has stay behind the item that they are behind now; items of the
   * configuration come in its order, a live one that is there too early being left for later.
   */
  merged(): unknown[] {
    let [ours, theirs] = [0, 0]
    while (ours < this.#live.length || theirs < this.#config.length) {
      const [current, wanted] = [this.#live[ours], this.#config[theirs]]
      if (current && !this.#wanted.has(current.element)) {
        this.#result.push(current.item)
        ours++
      } else if (current && wanted && current.element === wanted.element) {
        this.#place(wanted)
        ours++
        theirs++
      } else if (current && wanted && this.#isOutOfTurn(current.element)) {
        ours++
      } else {
        if (current && this.#placed.has(current.element)) ours++
        if (!wanted) continue
        this.#place(wanted)
        theirs++
      }
    }
    return this.#result
  }

  #isOutOfTurn(element: PathElement): boolean {
    const next = this.#shared[this.#nextShared]
    return next !== undefined && next !== element
  }

  /** Live items that are there more than once are replaced by the configuration's. */
  #place({ element, item }: Named): void {
    this.#placed.add(element)
    if (element === this.#shared[this.#nextShared]) this.#nextShared++
    const current = this.#liveItems.repeated(element) ? undefined : this.#liveItems.first.get(element)
    this.#result.push(this.#type.kind === 'set' ? item : merge(this.#type.element, current, item))
  }
}
