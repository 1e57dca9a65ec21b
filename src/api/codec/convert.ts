import { canonicalQuantity } from '../quantity.ts'
import { canonicalBase64 } from './base64.ts'
import { canonicalMicroTime, canonicalTime } from './time.ts'

/** Thrown by converters where a value has the wrong JSON type; carries no text: `diagnose` finds the words. */
export class Mismatch extends Error {}

// biome-ignore lint/suspicious/noExplicitAny: what a request sent can be anything
export type Converter = (value: any) => unknown

const text = (convert: (value: string) => string): Converter => {
  return (value) => {
    if (typeof value !== 'string') throw new Mismatch()
    return convert(value)
  }
}

export const time = text(canonicalTime)
export const microTime = text(canonicalMicroTime)
export const bytes = text(canonicalBase64)

/** Strings and numbers; anything else is the quantity's own error, as in upstream. */
export const quantity: Converter = (value) => {
  if (typeof value === 'string' || typeof value === 'number') return canonicalQuantity(value)
  return canonicalQuantity(JSON.stringify(value))
}

export const intOrString: Converter = (value) => {
  if (typeof value !== 'string' && value !== (value | 0)) throw new Mismatch()
  return value
}

export const string: Converter = (value) => {
  if (typeof value !== 'string') throw new Mismatch()
  return value
}

export const bool: Converter = (value) => {
  if (typeof value !== 'boolean') throw new Mismatch()
  return value
}

export const int32: Converter = (value) => {
  if (value !== (value | 0)) throw new Mismatch()
  return value
}

const INT64_END = 2 ** 63

export const int64: Converter = (value) => {
  if (!Number.isInteger(value) || value >= INT64_END || value < -INT64_END) throw new Mismatch()
  return value
}

export const double: Converter = (value) => {
  if (typeof value !== 'number') throw new Mismatch()
  return value
}

/** Free-form parts keep the value as it was sent. */
export const anything: Converter = (value) => value

/** A list; a null element becomes the element type's zero value. */
export function listOf(element: Converter, zero: () => unknown): Converter {
  return (value) => {
    if (!Array.isArray(value)) throw new Mismatch()
    const result: unknown[] = []
    for (let index = 0; index < value.length; index++) {
      const item = value[index]
      result.push(item === null || item === undefined ? zero() : element(item))
    }
    return result
  }
}

/** A map; a null value becomes the value type's zero value, an undefined one is left out. */
export function mapOf(element: Converter, zero: () => unknown): Converter {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Mismatch()
    const result = { ...value }
    for (const key in result) {
      const item = result[key]
      if (item === undefined) {
        delete result[key]
        continue
      }
      const converted = item === null ? zero() : element(item)
      if (converted !== item) result[key] = converted
    }
    return result
  }
}

export function isEmptyMap(value: object): boolean {
  for (const _ in value) return false
  return true
}
