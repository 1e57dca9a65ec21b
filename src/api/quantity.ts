import { RecentMap } from '../base/recent-map.ts'
import { DecodeError } from './codec/decode-error.ts'

export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent'

/** An exact amount in billionths of a unit, the finest that upstream keeps, and the notation it was given in. */
export interface Amount {
  readonly nanos: bigint
  readonly format: QuantityFormat
}

const NANO = 1_000_000_000n
/** Beyond this many digits a number is a mistake or an attack on the arithmetic. */
const MAX_EXPONENT = 1000
const MAX_NANOS = (2n ** 63n - 1n) * NANO

/** Powers of ten beyond nano, so that no suffix needs a fraction. */
const DECIMAL: Readonly<Record<string, number>> = {
  n: 0,
  u: 3,
  m: 6,
  '': 9,
  k: 12,
  M: 15,
  G: 18,
  T: 21,
  P: 24,
  E: 27,
}
const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
}
const DECIMAL_BY_SIZE = ['E', 'P', 'T', 'G', 'M', 'k', '', 'm', 'u', 'n'] as const
const BINARY_BY_SIZE = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const

const SHAPE = /^([+-]?)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*)([+-]?\d+)?$/

const FORMAT_ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

/** Pods ask for the same few amounts again and again, and each is looked at several times on its way. */
const recent = new RecentMap<string, Amount>(1000)
/** What is longer is nobody's habit. */
const MAX_RECENT_LENGTH = 16

/** Parses `100m`, `1.5Gi`, `2e3`, or a JSON number. Finer than nano is rounded up in size. Throws DecodeError. */
export function parseQuantity(text: string | number): Amount {
  const source = String(text)
  const known = recent.peek(source)
  if (known) return known
  const amount = parsed(source)
  if (source.length <= MAX_RECENT_LENGTH) recent.set(source, amount)
  return amount
}

function parsed(source: string): Amount {
  if (source === '') throw new DecodeError(FORMAT_ERROR)
  const match = SHAPE.exec(source)
  if (!match) throw new DecodeError(FORMAT_ERROR)
  const [, sign = '', whole = '', fraction = '', letters = '', exponent] = match
  if (whole === '' && fraction === '') throw new DecodeError(FORMAT_ERROR)
  const digits = `${whole}${fraction}`
  const suffix = suffixOf(letters, exponent)
  const size = scale(BigInt(digits), fraction.length, suffix)
  const capped = size > MAX_NANOS && isCapped(digits, suffix) ? MAX_NANOS : size
  return { nanos: sign === '-' ? -capped : capped, format: suffix.format }
}

interface Suffix {
  readonly format: QuantityFormat
  readonly binary: bigint
  /** Power of ten, counted from nano. */
  readonly power: number
}

function suffixOf(letters: string, exponent: string | undefined): Suffix {
  if (exponent !== undefined) {
    if (letters !== 'e' && letters !== 'E') throw new DecodeError("unable to parse quantity's suffix")
    return { format: 'DecimalExponent', binary: 1n, power: 9 + Number(exponent) }
  }
  const binary = BINARY[letters]
  if (binary !== undefined) return { format: 'BinarySI', binary, power: 9 }
  const power = DECIMAL[letters]
  if (power === undefined) throw new DecodeError("unable to parse quantity's suffix")
  return { format: 'DecimalSI', binary: 1n, power }
}

/** Upstream holds short decimal numbers with their exponent, unlimited, and caps all others at the largest int64. */
const isCapped = (digits: string, { binary }: Suffix): boolean => binary !== 1n || digits.length > 18

/** `digits` × suffix ÷ 10^`decimals` in nanos, rounded away from zero. */
function scale(digits: bigint, decimals: number, { binary, power }: Suffix): bigint {
  if (digits === 0n) return 0n
  const exponent = power - decimals
  if (exponent > MAX_EXPONENT) throw new DecodeError(FORMAT_ERROR)
  const product = digits * binary
  if (exponent >= 0) return product * 10n ** BigInt(exponent)
  if (-exponent > MAX_EXPONENT) return 1n
  const divisor = 10n ** BigInt(-exponent)
  return (product + divisor - 1n) / divisor
}

/** A whole number below 1000 and a suffix that stays when it is canonical: the common forms need no arithmetic. */
const SHORT = /^(?:[1-9]\d{0,2}(?:m|k|M|G|Mi|Gi|Ki|Ti)?|0)$/

/** A quantity as the API server writes it: `1000m` → `1`, `0.5` → `500m`, `1024Mi` → `1Gi`. Throws DecodeError. */
export function canonicalQuantity(text: string | number): string {
  if (typeof text === 'string' && SHORT.test(text)) return text
  return formatQuantity(parseQuantity(text))
}

/** Upstream's canonical form: no fraction, the largest suffix that allows that. */
export function formatQuantity({ nanos, format }: Amount): string {
  if (nanos === 0n) return '0'
  const size = nanos < 0n ? -nanos : nanos
  const sign = nanos < 0n ? '-' : ''
  const asBinary = format === 'BinarySI' && size >= 1024n * NANO && size % NANO === 0n
  return sign + (asBinary ? binaryText(size / NANO) : decimalText(size, format))
}

function binaryText(units: bigint): string {
  const suffix = BINARY_BY_SIZE.find((name) => units % (BINARY[name] as bigint) === 0n)
  return suffix === undefined ? String(units) : `${units / (BINARY[suffix] as bigint)}${suffix}`
}

function decimalText(size: bigint, format: QuantityFormat): string {
  const suffix = DECIMAL_BY_SIZE.find((name) => size % 10n ** BigInt(DECIMAL[name] as number) === 0n) ?? 'n'
  const power = DECIMAL[suffix] as number
  const digits = String(size / 10n ** BigInt(power))
  if (format !== 'DecimalExponent' || power === 9) return `${digits}${format === 'DecimalExponent' ? '' : suffix}`
  return `${digits}e${power - 9}`
}

/** Negative, zero or positive, as `left` is less than, equal to or greater than `right`. */
export function compareQuantities(left: string, right: string): number {
  if (left === right) return 0
  const difference = parseQuantity(left).nanos - parseQuantity(right).nanos
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

const [ONE, NINE] = [0x31, 0x39]

/** More than nothing. What begins with a digit other than 0 is. */
export function isPositive(text: string): boolean {
  const first = text.charCodeAt(0)
  return (first >= ONE && first <= NINE) || parseQuantity(text).nanos > 0n
}

/** The sum, in the notation of the first that is not zero. */
export function addQuantities(left: string, right: string): string {
  return combine(left, right, 1n)
}

export function subtractQuantities(left: string, right: string): string {
  return combine(left, right, -1n)
}

function combine(left: string, right: string, sign: 1n | -1n): string {
  const a = parseQuantity(left)
  const b = parseQuantity(right)
  return formatQuantity({ nanos: a.nanos + sign * b.nanos, format: a.nanos === 0n ? b.format : a.format })
}

/** Thousandths, rounded up: how CPU is counted. Exact up to 2⁵³. */
export function milliValue(text: string): number {
  const plain = /^(\d{1,12})(m?)$/.exec(text)
  if (plain) return Number(plain[1]) * (plain[2] === 'm' ? 1 : 1000)
  return Number(divideUp(parseQuantity(text).nanos, 1_000_000n))
}

/** Whole units, rounded up: how bytes and counts are counted. Exact up to 2⁵³. */
export function unitValue(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  return Number(divideUp(parseQuantity(text).nanos, NANO))
}

/** Rounds away from zero, as upstream's Value does. */
function divideUp(nanos: bigint, divisor: bigint): bigint {
  return nanos >= 0n ? (nanos + divisor - 1n) / divisor : -((-nanos + divisor - 1n) / divisor)
}
