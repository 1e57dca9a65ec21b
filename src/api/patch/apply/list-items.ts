import type { ListMapType, SetType } from '../../merge-type.ts'
import { itemElement, type PathElement } from './element.ts'

/** The items of a list by their elements. Lists are to have each once; where one is there again, it is `repeated`. */
export class ListItems {
  /** In the order of the list; the first of those that are repeated. */
  readonly first = new Map<PathElement, unknown>()
  /** All items of an element that is there more than once. */
  #repeated: Map<PathElement, unknown[]> | undefined

  /** Throws ElementError when an item has no name. */
  constructor(type: SetType | ListMapType, list: readonly unknown[]) {
    for (const item of list) this.#add(itemElement(type, item), item)
  }

  repeated(element: PathElement): readonly unknown[] | undefined {
    return this.#repeated?.get(element)
  }

  #add(element: PathElement, item: unknown): void {
    if (!this.first.has(element)) {
      this.first.set(element, item)
      return
    }
    this.#repeated ??= new Map()
    const items = this.#repeated.get(element)
    if (items) items.push(item)
    else this.#repeated.set(element, [this.first.get(element), item])
  }
}
