import type { Value } from './value.ts'

/** A list of values. */
export abstract class ListValue implements Iterable<Value> {
  abstract readonly size: number

  /** The element at an index that exists. */
  abstract at(index: number): Value

  *[Symbol.iterator](): Iterator<Value> {
    for (let index = 0; index < this.size; index++) yield this.at(index)
  }

  /** Both lists' elements; lists of a schema may join in their own way. */
  concat(other: ListValue): ListValue {
    return new ArrayList([...this, ...other])
  }

  /** How a list of a schema compares with others, where not by element and position. */
  equalsInOwnWay(_other: ListValue): boolean | undefined {
    return undefined
  }
}

/** A list that an expression made. */
export class ArrayList extends ListValue {
  readonly #items: readonly Value[]

  constructor(items: readonly Value[]) {
    super()
    this.#items = items
  }

  override get size(): number {
    return this.#items.length
  }

  override at(index: number): Value {
    return this.#items[index] as Value
  }
}
