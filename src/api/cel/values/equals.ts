import { CelType } from '../type.ts'
import { Duration } from './duration.ts'
import { ListValue } from './list.ts'
import { MapValue } from './map.ts'
import { Opaque } from './opaque.ts'
import { Optional } from './optional.ts'
import { Timestamp } from './timestamp.ts'
import { Uint } from './uint.ts'
import type { Value } from './value.ts'

/** `a == b`. Numbers are equal across their types; values of different types are not. */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return true
  if (typeof a === 'string' || typeof a === 'boolean' || a === null || b === null) return false
  const left = numberOf(a)
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number are equal by value only so
  if (left !== undefined) return left == numberOf(b)
  if (a instanceof ListValue) return b instanceof ListValue && sameLists(a, b)
  if (a instanceof MapValue) return b instanceof MapValue && sameMaps(a, b)
  return sameObjects(a as object, b)
}

const numberOf = (value: Value): bigint | number | undefined => {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  return value instanceof Uint ? value.value : undefined
}

function sameObjects(a: object, b: Value): boolean {
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos
  if (a instanceof CelType) return b instanceof CelType && a.name === b.name
  if (a instanceof Optional) return b instanceof Optional && sameOptionals(a, b)
  if (a instanceof Opaque) return b instanceof Opaque && a.type.name === b.type.name && a.equals(b)
  return a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0
}

function sameOptionals(a: Optional, b: Optional): boolean {
  if (a.content === undefined || b.content === undefined) return a.content === b.content
  return equals(a.content, b.content)
}

function sameLists(a: ListValue, b: ListValue): boolean {
  if (a.size !== b.size) return false
  const own = a.equalsInOwnWay(b)
  if (own !== undefined) return own
  for (let index = 0; index < a.size; index++) if (!equals(a.at(index), b.at(index))) return false
  return true
}

function sameMaps(a: MapValue, b: MapValue): boolean {
  if (a.size !== b.size) return false
  const own = a.equalsInOwnWay(b)
  if (own !== undefined) return own
  for (const key of a.keys()) {
    const left = a.find(key)
    const right = b.find(key)
    if (left === undefined || right === undefined) {
      if (left !== right) return false
    } else if (!equals(left, right)) return false
  }
  return true
}
