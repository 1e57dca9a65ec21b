/** From the least to the most, of costs or of sizes. Nothing grows beyond `UNLIMITED`. */
export interface Range {
  readonly min: number
  readonly max: number
}

/** Upstream counts in 64 bits. */
export const UNLIMITED = 2 ** 64

export const exactly = (value: number): Range => ({ min: value, max: value })
export const anything: Range = { min: 0, max: UNLIMITED }

const capped = (value: number): number => Math.min(value, UNLIMITED)
const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : capped(a * b))

export const plus = (a: Range, b: Range): Range => ({ min: capped(a.min + b.min), max: capped(a.max + b.max) })
export const times = (a: Range, b: Range): Range => ({ min: product(a.min, b.min), max: product(a.max, b.max) })

/** Each bound times a factor, rounded up. */
export const scaled = ({ min, max }: Range, factor: number): Range => ({
  min: capped(Math.ceil(min * factor)),
  max: capped(Math.ceil(max * factor)),
})

export const union = (a: Range, b: Range): Range => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) })
