/** `T` with every property at every depth read-only. Cached API objects have this type: they are shared and frozen. */
export type DeepReadonly<T> = T extends (infer E)[]
  ? ReadonlyArray<DeepReadonly<E>>
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T

/** A private, writable deep copy of a JSON value: the only door from a cached object to a changed one. */
export function editable<T>(value: DeepReadonly<T> | T): T {
  return copy(value) as T
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copy)
  const result: Record<string, unknown> = {}
  for (const key in value) result[key] = copy((value as Record<string, unknown>)[key])
  return result
}

/** Freezes a JSON value at every depth and returns it. Already frozen parts are taken as frozen throughout. */
export function deepFreeze<T>(value: T): DeepReadonly<T> {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    if (Array.isArray(value)) for (const item of value) deepFreeze(item)
    else for (const key in value) deepFreeze(value[key])
  }
  return value as DeepReadonly<T>
}
