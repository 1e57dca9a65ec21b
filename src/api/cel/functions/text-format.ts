import { CelType } from '../type.ts'
import { Duration } from '../values/duration.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import { ListValue } from '../values/list.ts'
import { MapValue } from '../values/map.ts'
import { Timestamp } from '../values/timestamp.ts'
import { typeOfValue } from '../values/type-of.ts'
import { Uint } from '../values/uint.ts'
import type { Value } from '../values/value.ts'
import { fixed, formatNumber, scientific } from './number-text.ts'
import { quote } from './quote.ts'

const DEFAULT_PRECISION = 6
const CLAUSE = /%(?:%|(\.\d*)?([\s\S]?))/g

/** `'%s has %d'.format(['a', 5])`. Throws EvaluationError. */
export function formatted(format: string, args: ListValue): string {
  let index = 0
  return format.replace(CLAUSE, (clause, precision: string | undefined, verb: string | undefined) => {
    if (clause === '%%') return '%'
    if (index >= args.size) throw new EvaluationError(`index ${index} out of range`)
    return clauseText(verb ?? '', precision, args.at(index++))
  })
}

function clauseText(verb: string, precision: string | undefined, value: Value): string {
  if (verb === '' && precision === undefined) throw new EvaluationError('unexpected end of string')
  const write = CLAUSES[verb]
  if (verb === '') throw unreadable('error while parsing precision: could not find end of precision specifier')
  if (precision === '.') {
    throw unreadable(
      'error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
    )
  }
  if (!write) throw unreadable(`unrecognized formatting clause "${verb}"`)
  return write(value, precision === undefined ? DEFAULT_PRECISION : Number(precision.slice(1)))
}

const unreadable = (why: string): EvaluationError => new EvaluationError(`could not parse formatting clause: ${why}`)

const CLAUSES: Readonly<Record<string, (value: Value, precision: number) => string>> = {
  s: asText,
  d: asDecimal,
  f: (value, precision) => fixed(asDouble(value, 'fixed-point clause can only be used on doubles'), precision),
  e: (value, precision) => scientific(asDouble(value, 'scientific clause can only be used on doubles'), precision),
  b: asBinary,
  x: asHex,
  X: (value) => asHex(value).toUpperCase(),
  o: (value) => asInteger(value, 'octal clause can only be used on integers').toString(8),
}

const refused = (rule: string, value: Value): EvaluationError =>
  new EvaluationError(`error during formatting: ${rule}, was given ${typeOfValue(value).name}`)

function asInteger(value: Value, rule: string): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return value.value
  throw refused(rule, value)
}

function asDecimal(value: Value): string {
  return String(asInteger(value, 'decimal clause can only be used on integers'))
}

const NOT_FINITE: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity }

function asDouble(value: Value, rule: string): number {
  if (typeof value === 'number') return value
  const special = typeof value === 'string' ? NOT_FINITE[value] : undefined
  if (special === undefined) throw refused(rule, value)
  return special
}

function asBinary(value: Value): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return asInteger(value, 'only integers and bools can be formatted as binary').toString(2)
}

function asHex(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return asInteger(value, 'only integers, byte buffers, and strings can be formatted as hex').toString(16)
}

/** `%s`: of every type that has a text. */
function asText(value: Value): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return formatNumber(value)
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (value instanceof CelType) return value.name
  if (value instanceof ListValue) return listText(value)
  if (value instanceof MapValue) return mapText(value)
  if (typeof value !== 'object' || value instanceof Duration || value instanceof Timestamp) return String(value)
  const kinds = 'strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps'
  throw refused(`string clause can only be used on ${kinds}`, value)
}

const listText = (list: ListValue): string => `[${[...list].map(innerText).join(', ')}]`

function mapText(map: MapValue): string {
  const pairs = [...map.keys()].map((key) => [innerText(key), innerText(map.find(key) as Value)] as const)
  const sorted = pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `{${sorted.map(([key, value]) => `${key}:${value}`).join(', ')}}`
}

/** Within lists and maps texts are quoted. */
function innerText(value: Value): string {
  if (typeof value === 'string') return quote(value)
  if (value instanceof Uint8Array) return `b${quote(Buffer.from(value).toString())}`
  if (value instanceof Timestamp) return `timestamp("${value}")`
  if (value instanceof Duration) return `duration("${value}")`
  if (typeof value === 'number')
    return Number.isFinite(value) ? value.toFixed(DEFAULT_PRECISION) : `"${goNotFinite(value)}"`
  return asText(value)
}

const goNotFinite = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf')
