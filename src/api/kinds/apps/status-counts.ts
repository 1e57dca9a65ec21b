import type { FieldErrors } from '../validation/field-errors.ts'
import { checkNotNegative } from '../validation/numbers.ts'

type Counts<T> = { readonly [K in keyof T]?: unknown }

/** None of the named counts is negative. */
export function checkCounts<T>(status: Counts<T>, names: readonly (keyof T & string)[], errors: FieldErrors): void {
  for (const name of names) checkNotNegative(status[name] as number | undefined, `status.${name}`, errors)
}

/** None of the named counts is above `limit`; `what` ends the message: `cannot be greater than status.replicas`. */
export function checkAtMost<T>(
  status: Counts<T>,
  names: readonly (keyof T & string)[],
  { limit, what }: { limit: number; what: string },
  errors: FieldErrors,
): void {
  for (const name of names) {
    const count = (status[name] as number | undefined) ?? 0
    if (count > limit) errors.invalid(`status.${name}`, count, `cannot be greater than ${what}`)
  }
}

interface Collisions {
  readonly collisionCount?: number
}

/** Names of children are made from the collision count: going back would make old names again. */
export function checkCollisionsKept(status: Collisions, old: Collisions, errors: FieldErrors): void {
  if (old.collisionCount === undefined || (status.collisionCount ?? -1) >= old.collisionCount) return
  errors.invalid('status.collisionCount', status.collisionCount ?? 0, 'cannot be decremented')
}
