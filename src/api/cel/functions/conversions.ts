import { fromBytes, toBytes } from '../cost/call-costs.ts'
import type { CelType } from '../type.ts'
import { Duration } from '../values/duration.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import { Timestamp } from '../values/timestamp.ts'
import { typeOfValue } from '../values/type-of.ts'
import { Uint } from '../values/uint.ts'
import type { Value } from '../values/value.ts'
import { formatNumber } from './number-text.ts'
import { type Overload, overload } from './overload.ts'

const identity = (value: Value): Value => value

const cannotConvert = (from: string, to: string): EvaluationError =>
  new EvaluationError(`type conversion error from '${from}' to '${to}'`)

const BOOLEANS: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(['1', 't', 'T', 'true', 'TRUE', 'True'].map((text) => [text, true])),
  ...Object.fromEntries(['0', 'f', 'F', 'false', 'FALSE', 'False'].map((text) => [text, false])),
}

function boolOf(text: string): boolean {
  const value = Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined
  if (value === undefined) throw cannotConvert('string', 'bool')
  return value
}

function intOfText(text: string): bigint {
  const value = /^[-+]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, '')) : undefined
  if (value === undefined || BigInt.asIntN(64, value) !== value) throw cannotConvert('string', 'int')
  return value
}

function uintOfText(text: string): Uint {
  const value = /^\d+$/.test(text) ? BigInt(text) : undefined
  if (value === undefined || BigInt.asUintN(64, value) !== value) throw cannotConvert('string', 'uint')
  return new Uint(value)
}

const MAX_INT = 2n ** 63n - 1n

function intOfDouble(value: number): bigint {
  if (!Number.isFinite(value) || value <= -(2 ** 63) || value >= 2 ** 63) throw new EvaluationError('integer overflow')
  return BigInt(Math.trunc(value))
}

function intOfUint({ value }: Uint): bigint {
  if (value > MAX_INT) throw new EvaluationError('integer overflow')
  return value
}

function uintOfInt(value: bigint): Uint {
  if (value < 0n) throw new EvaluationError('unsigned integer overflow')
  return new Uint(value)
}

function uintOfDouble(value: number): Uint {
  if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64) throw new EvaluationError('unsigned integer overflow')
  return new Uint(BigInt(Math.trunc(value)))
}

const DECIMAL = /^[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/
const NOT_FINITE = /^([-+]?)(inf|infinity|nan)$/i

function doubleOf(text: string): number {
  const special = NOT_FINITE.exec(text)
  if (special) return special[2]?.toLowerCase() === 'nan' ? Number.NaN : special[1] === '-' ? -Infinity : Infinity
  const value = DECIMAL.test(text) && !text.includes('_') ? Number(text) : Number.NaN
  if (!Number.isFinite(value)) throw cannotConvert('string', 'double')
  return value
}

function durationOf(text: string): Duration {
  const duration = Duration.parse(text)
  if (!duration) throw cannotConvert('string', 'google.protobuf.Duration')
  return duration
}

function timestampOf(text: string): Timestamp {
  const timestamp = Timestamp.parse(text)
  if (!timestamp) throw cannotConvert('string', 'google.protobuf.Timestamp')
  return timestamp
}

function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new EvaluationError('invalid UTF-8 in bytes, cannot convert to string', { cause })
  }
}

/** `int('5')`, `string(5.0)`, `type(x)`: a value as one of another type. */
export const conversions: readonly Overload[] = [
  overload('type(A) -> type(A)', (value: Value): CelType => typeOfValue(value)),
  overload('dyn(A) -> dyn', identity),
  overload('bool(bool) -> bool', identity),
  overload('bool(string) -> bool', boolOf),
  overload('bytes(bytes) -> bytes', identity),
  overload('bytes(string) -> bytes', (text: string) => Buffer.from(text), toBytes),
  overload('double(double) -> double', identity),
  overload('double(int) -> double', (value: bigint) => Number(value)),
  overload('double(string) -> double', doubleOf),
  overload('double(uint) -> double', ({ value }: Uint) => Number(value)),
  overload('duration(duration) -> duration', identity),
  overload('duration(string) -> duration', durationOf),
  overload('int(int) -> int', identity),
  overload('int(double) -> int', intOfDouble),
  overload('int(string) -> int', intOfText),
  overload('int(timestamp) -> int', (time: Timestamp) => time.seconds),
  overload('int(uint) -> int', intOfUint),
  overload('string(string) -> string', identity),
  overload('string(bool) -> string', String),
  overload('string(bytes) -> string', textOfBytes, fromBytes),
  overload('string(double) -> string', formatNumber),
  overload('string(duration) -> string', String),
  overload('string(int) -> string', String),
  overload('string(timestamp) -> string', String),
  overload('string(uint) -> string', ({ value }: Uint) => String(value)),
  overload('timestamp(timestamp) -> timestamp', identity),
  overload('timestamp(string) -> timestamp', timestampOf),
  overload('timestamp(int) -> timestamp', (seconds: bigint) => Timestamp.checked(seconds * 1_000_000_000n)),
  overload('uint(uint) -> uint', identity),
  overload('uint(double) -> uint', uintOfDouble),
  overload('uint(int) -> uint', uintOfInt),
  overload('uint(string) -> uint', uintOfText),
]
