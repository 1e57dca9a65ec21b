import { addQuantities, canonicalQuantity, compareQuantities, formatQuantity, parseQuantity } from '../../quantity.ts'

export type Resources = Record<string, string>
export type ReadonlyResources = Readonly<Record<string, string>>

const NANOS_PER_MILLI = 1_000_000n
/** Only these notations can be finer than a thousandth. */
const MAY_BE_FINER = /[nu.e]/

/** Raises amounts to whole thousandths, in place: finer ones cannot be kept. */
export function roundUpToMilli(resources: Resources | undefined): void {
  for (const name in resources) {
    const text = resources[name] as string
    if (MAY_BE_FINER.test(text)) resources[name] = roundedUp(text)
  }
}

function roundedUp(text: string): string {
  const { nanos, format } = parseQuantity(text)
  const rest = nanos % NANOS_PER_MILLI
  if (rest === 0n) return canonicalQuantity(text)
  return formatQuantity({ nanos: nanos - rest + (nanos > 0n ? NANOS_PER_MILLI : -NANOS_PER_MILLI), format })
}

/** Adds each amount to `sum`, in place. */
export function addResources(sum: Resources, resources: ReadonlyResources | undefined): void {
  for (const name in resources) {
    const amount = resources[name] as string
    sum[name] = sum[name] === undefined ? amount : addQuantities(sum[name], amount)
  }
}

/** Raises each amount of `most` to at least that of `resources`, in place. */
export function raiseResources(most: Resources, resources: ReadonlyResources | undefined): void {
  for (const name in resources) {
    const amount = resources[name] as string
    if (most[name] === undefined || compareQuantities(amount, most[name]) > 0) most[name] = amount
  }
}
