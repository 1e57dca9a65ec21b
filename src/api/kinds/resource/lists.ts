import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'

/** Checks each item; a list that is too long is refused without a look at them. Without `max` any length is fine. */
export function checkEach<T>(
  items: readonly T[] | undefined,
  max: number | undefined,
  at: FieldPath,
  errors: FieldErrors,
  check: (item: T, at: FieldPath) => void,
): boolean {
  if (items && max !== undefined && items.length > max) {
    errors.tooMany(at, items.length, max)
    return false
  }
  items?.forEach((item, index) => {
    check(item, at.index(index))
  })
  return true
}

/** As `checkEach`, and no two items may have the same key. */
export function checkSet<T>(
  items: readonly T[] | undefined,
  max: number | undefined,
  keyOf: (item: T) => string,
  at: FieldPath,
  errors: FieldErrors,
  check: (item: T, at: FieldPath) => void,
): void {
  if (!checkEach(items, max, at, errors, check)) return
  const keys = new Set<string>()
  for (const [index, item] of (items ?? []).entries()) {
    const key = keyOf(item)
    if (keys.has(key)) errors.duplicate(at.index(index), key)
    keys.add(key)
  }
}

export const itself = (text: string): string => text

/** The first items of a map with its path for each: `attributes[model]`. */
export function checkMap<T>(
  map: Readonly<Record<string, T>> | undefined,
  max: number | undefined,
  at: FieldPath,
  errors: FieldErrors,
  checks: { readonly key: (key: string, at: FieldPath) => void; readonly value?: (value: T, at: FieldPath) => void },
): void {
  const count = Object.keys(map ?? {}).length
  if (max !== undefined && count > max) return errors.tooMany(at, count, max)
  for (const [key, value] of Object.entries(map ?? {})) {
    checks.key(key, at)
    checks.value?.(value, at.key(key))
  }
}
