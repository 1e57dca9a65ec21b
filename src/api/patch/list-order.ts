type Key = (item: unknown) => unknown

/** Splits a list by whether `order` names an element. */
export function partition(
  items: readonly unknown[],
  order: readonly unknown[],
  key: Key,
): { named: unknown[]; others: unknown[] } {
  const names = new Set(order.map(key))
  return {
    named: items.filter((item) => names.has(key(item))),
    others: items.filter((item) => !names.has(key(item))),
  }
}

/** A stable sort by position in `order`. */
export function sortedBy(items: readonly unknown[], order: readonly unknown[], key: Key): unknown[] {
  const positions = positionsOf(order, key)
  const at = (item: unknown) => positions.get(key(item)) ?? -1
  return [...items].sort((left, right) => at(left) - at(right))
}

/**
 * Merges two sorted lists that have no element in common: elements known to the server keep its order, anything else
 * from `patched` goes first.
 */
export function mergeSortedByServer(
  others: readonly unknown[],
  patched: readonly unknown[],
  server: readonly unknown[],
  key: Key,
): unknown[] {
  const positions = positionsOf(server, key)
  const result: unknown[] = []
  let next = 0
  for (const item of patched) {
    const at = positions.get(key(item))
    while (next < others.length && at !== undefined && (positions.get(key(others[next])) ?? Infinity) < at) {
      result.push(others[next++])
    }
    result.push(item)
  }
  return [...result, ...others.slice(next)]
}

/** The first position of each key. */
function positionsOf(items: readonly unknown[], key: Key): Map<unknown, number> {
  const positions = new Map<unknown, number>()
  for (const [index, item] of items.entries()) if (!positions.has(key(item))) positions.set(key(item), index)
  return positions
}
