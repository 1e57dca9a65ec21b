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

/** What a format asks of one of its arguments, or why that cannot be read. */
export interface Clause {
  readonly verb: string
  readonly precision: number
  readonly problem?: string
}

/** The clauses of a format, in order. */
export function readClauses(format: string): readonly Clause[] {
  return [...format.matchAll(CLAUSE)]
    .filter(([clause]) => clause !== '%%')
    .map(([, precision, verb]) => readClause(precision, verb ?? ''))
}

/** `'%s has %d'.format(['a', 5])`. Throws EvaluationError. */
export function formatted(format: string, args: ListValue): string {
  let index = 0
  return format.replace(CLAUSE, (clause, precision: string | undefined, verb: string | undefined) => {
    if (clause === '%%') return '%'
    if (index >= args.size) throw new EvaluationError(`index ${index} out of range`)
    return clauseText(readClause(precision, verb ?? ''), args.at(index++))
  })
}

/** More digits than Go would print in a reasonable time, and than a number here has. Later versions of cel-go have this limit. */
const MAX_PRECISION = 100

function readClause(precision: string | undefined, verb: string): Clause {
  const digits = precision === undefined ? DEFAULT_PRECISION : Number(precision.slice(1))
  const problem = clauseProblem(precision, digits, verb)
  return problem === undefined ? { verb, precision: digits } : { verb, precision: digits, problem }
}

function clauseProblem(precision: string | undefined, digits: number, verb: string): string | undefined {
  if (verb === '' && precision === undefined) return 'unexpected end of string'
  const why = 'could not parse formatting clause: '
  const inPrecision = `${why}error while parsing precision: `
  if (verb === '') return `${inPrecision}could not find end of precision specifier`
  if (precision === '.') {
    return `${inPrecision}error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax`
  }
  if (digits > MAX_PRECISION) {
    return `${inPrecision}precision ${digits} exceeds maximum allowed precision ${MAX_PRECISION}`
  }
  return CLAUSES[verb] ? undefined : `${why}unrecognized formatting clause "${verb}"`
}

function clauseText({ verb, precision, problem }: Clause, value: Value): string {
  const write = CLAUSES[verb]
  if (problem !== undefined || !write) throw new EvaluationError(problem ?? '')
  return write(value, precision)
}

const CLAUSES: Readonly<Record<string, (value: Value, precision: number) => string>> = {
  s: asText,
  d: (value) => String(asInteger(value, 'd')),
  f: (value, precision) => fixed(asDouble(value, 'f'), precision),
  e: (value, precision) => scientific(asDouble(value, 'e'), precision),
  b: (value) => (typeof value === 'boolean' ? String(Number(value)) : asInteger(value, 'b').toString(2)),
  x: asHex,
  X: (value) => asHex(value).toUpperCase(),
  o: (value) => asInteger(value, 'o').toString(8),
}

const NUMBERS_AND_BYTES = 'only integers, byte buffers, and strings can be formatted as hex'
const RULES: Readonly<Record<string, string>> = {
  s: 'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  d: 'decimal clause can only be used on integers',
  f: 'fixed-point clause can only be used on doubles',
  e: 'scientific clause can only be used on doubles',
  b: 'only integers and bools can be formatted as binary',
  x: NUMBERS_AND_BYTES,
  X: NUMBERS_AND_BYTES,
  o: 'octal clause can only be used on integers',
}

/** Why a clause does not take values of a type. */
export const formatProblem = (verb: string, type: string): string =>
  `error during formatting: ${RULES[verb]}, was given ${type}`

const refused = (verb: string, value: Value): EvaluationError =>
  new EvaluationError(formatProblem(verb, typeOfValue(value).name))

function asInteger(value: Value, verb: string): bigint {
  if (typeof value === 'bigint') return value
  if (value instanceof Uint) return value.value
  throw refused(verb, value)
}

const NOT_FINITE: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity }

function asDouble(value: Value, verb: string): number {
  if (typeof value === 'number') return value
  const special = typeof value === 'string' ? NOT_FINITE[value] : undefined
  if (special === undefined) throw refused(verb, value)
  return special
}

function asHex(value: Value): string {
  if (typeof value === 'string') return Buffer.from(value).toString('hex')
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return asInteger(value, 'x').toString(16)
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
  throw refused('s', value)
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
