export type JsonObject = Record<string, unknown>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A member of the object itself: never what it inherits. */
export const member = (object: JsonObject, key: string): unknown =>
  Object.hasOwn(object, key) ? object[key] : undefined

/** Sets a member; `__proto__` too is a name like any other. */
export function setMember(object: JsonObject, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}

/** A private, writable copy at every depth. */
export function copyOf<T>(value: T): T {
  if (Array.isArray(value)) return value.map(copyOf) as T
  if (!isObject(value)) return value
  const copy: JsonObject = {}
  for (const key of Object.keys(value)) setMember(copy, key, copyOf(value[key]))
  return copy as T
}

/** Equality of JSON values; the order of members does not matter. Made for long walks that nearly always end in "equal". */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left)) return Array.isArray(right) && sameItems(left, right)
  return !Array.isArray(right) && sameMembers(left as JsonObject, right as JsonObject)
}

function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (!sameJson(left[index], right[index])) return false
  return true
}

function sameMembers(left: JsonObject, right: JsonObject): boolean {
  let more = 0
  for (const key in left) {
    const [ours, theirs] = [left[key], right[key]]
    if (ours !== theirs && !sameJson(ours, theirs)) return false
    if ((theirs === undefined || key === '__proto__') && !Object.hasOwn(right, key)) return false
    more++
  }
  for (const _ in right) more--
  return more === 0
}
