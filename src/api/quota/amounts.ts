import { addQuantities, compareQuantities, subtractQuantities } from '../quantity.ts'

/** Quantities by resource name: `{ pods: '1', 'requests.cpu': '250m' }`. */
export type Amounts = Readonly<Record<string, string>>

/** Each name of either, added up. */
export function sum(left: Amounts, right: Amounts): Record<string, string> {
  const total: Record<string, string> = { ...left }
  for (const [name, amount] of Object.entries(right)) total[name] = addQuantities(total[name] ?? '0', amount)
  return total
}

/** What of `left` is left without `right`, never less than nothing. */
export function difference(left: Amounts, right: Amounts): Record<string, string> {
  const entries = Object.entries(left).map(([name, amount]) => {
    const rest = subtractQuantities(amount, right[name] ?? '0')
    return [name, isNegative(rest) ? '0' : rest] as const
  })
  return Object.fromEntries(entries)
}

/** The amounts of these names; names without an amount are left out. */
export function only(amounts: Amounts, names: Iterable<string>): Record<string, string> {
  const wanted = new Set(names)
  return pick(amounts, (name) => wanted.has(name))
}

export const withoutZeros = (amounts: Amounts): Record<string, string> =>
  pick(amounts, (_name, amount) => compareQuantities(amount, '0') !== 0)

/** Names of which there is less than nothing. */
export const negative = (amounts: Amounts): string[] =>
  Object.keys(pick(amounts, (_name, amount) => isNegative(amount)))

/** Names of which there is more than the limit, where there is one. */
export function exceeding(amounts: Amounts, limits: Amounts): string[] {
  return Object.keys(amounts).filter((name) => {
    const limit = limits[name]
    return limit !== undefined && compareQuantities(amounts[name] as string, limit) > 0
  })
}

export function areEqual(left: Amounts | undefined, right: Amounts | undefined): boolean {
  const [a, b] = [left ?? {}, right ?? {}]
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => b[name] !== undefined && compareQuantities(a[name] as string, b[name]) === 0)
}

/** `pods=1,requests.cpu=2`, by name. */
export function amountsText(amounts: Amounts): string {
  const names = Object.keys(amounts).sort()
  return names.map((name) => `${name}=${amounts[name]}`).join(',')
}

const isNegative = (amount: string): boolean => compareQuantities(amount, '0') < 0

function pick(amounts: Amounts, wanted: (name: string, amount: string) => boolean): Record<string, string> {
  return Object.fromEntries(Object.entries(amounts).filter(([name, amount]) => wanted(name, amount)))
}
