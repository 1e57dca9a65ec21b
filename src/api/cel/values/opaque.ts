import type { CelType } from '../type.ts'

/** A value of a function library, whose inside expressions cannot see. */
export abstract class Opaque {
  abstract readonly type: CelType
  /** `other` is of the same type. */
  abstract equals(other: Opaque): boolean
  /** What the meter takes for its size. */
  get size(): number {
    return 1
  }
}
