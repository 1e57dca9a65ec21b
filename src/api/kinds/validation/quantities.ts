import { canonicalQuantity, compareQuantities, milliValue, unitValue } from '../../quantity.ts'
import type { At, FieldErrors } from './field-errors.ts'
import type { FieldPath } from './field-path.ts'
import { NOT_NEGATIVE, POSITIVE } from './numbers.ts'
import { isHugePages, isIntegerResource } from './resource-names.ts'

export type ResourceList = Readonly<Record<string, string>> | undefined

const isNegative = (quantity: string): boolean => quantity.startsWith('-') && compareQuantities(quantity, '0') < 0

export function checkQuantityNotNegative(quantity: string, at: At, errors: FieldErrors): void {
  if (isNegative(quantity)) errors.invalid(at, canonicalQuantity(quantity), NOT_NEGATIVE)
}

export function checkQuantityPositive(quantity: string, at: At, errors: FieldErrors): void {
  if (compareQuantities(quantity, '0') <= 0) errors.invalid(at, canonicalQuantity(quantity), POSITIVE)
}

/** Not negative, and whole where the resource comes in pieces. */
export function checkResourceQuantity(resource: string, quantity: string, at: At, errors: FieldErrors): void {
  checkQuantityNotNegative(quantity, at, errors)
  if (isIntegerResource(resource) && isFractional(quantity)) {
    errors.invalid(at, canonicalQuantity(quantity), 'must be an integer')
  }
}

/** Amounts that are whole at a glance. */
const WHOLE = /^\d{1,3}(?:k|M|G|Ki|Mi|Gi)?$/

/** Has it a part smaller than one. */
export const isFractional = (quantity: string): boolean => !WHOLE.test(quantity) && milliValue(quantity) % 1000 !== 0

/** Old rule of volumes' sizes: compares the rounded whole, and shows it. */
export function checkSizeNotNegative(quantity: string, at: At, errors: FieldErrors): void {
  if (isNegative(quantity) && unitValue(quantity) < 0) {
    errors.invalid(at, unitValue(quantity), 'must be a valid resource quantity')
  }
}

const PAGE_SIZE = /^\d+(k|M|G|T|Ki|Mi|Gi|Ti)?$/

/** Huge pages are asked for in whole pages of the size in the resource's name: `hugepages-2Mi`. */
export function checkHugePagesDivisible(resource: string, quantity: string, at: At, errors: FieldErrors): void {
  if (!isHugePages(resource)) return
  const size = resource.slice('hugepages-'.length)
  const pageSize = PAGE_SIZE.test(size) ? unitValue(size) : 0
  if (pageSize === 0 || unitValue(quantity) % pageSize !== 0) {
    const text = canonicalQuantity(quantity)
    errors.invalid(at, text, `${text} is not positive integer multiple of ${resource}`)
  }
}

/** Runs a check on each entry of a resource list, at the entry's path. */
export function checkEachResource(
  list: ResourceList,
  at: FieldPath,
  check: (resource: string, quantity: string, at: FieldPath) => void,
): void {
  for (const resource in list) check(resource, list[resource] as string, at.key(resource))
}
