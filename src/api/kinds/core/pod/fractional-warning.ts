import { canonicalQuantity } from '../../../quantity.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { isFractional } from '../../validation/quantities.ts'

/** Bytes come whole. */
export function warnIfFractional(amount: string | undefined, at: FieldPath, warnings: string[]): void {
  if (amount === undefined || !isFractional(amount)) return
  warnings.push(`${at}: fractional byte value "${canonicalQuantity(amount)}" is invalid, must be an integer`)
}
