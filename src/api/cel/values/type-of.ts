import { CelType, Types } from '../type.ts'
import { Duration } from './duration.ts'
import { ListValue } from './list.ts'
import { MapValue } from './map.ts'
import { Opaque } from './opaque.ts'
import { Optional } from './optional.ts'
import { Timestamp } from './timestamp.ts'
import { Uint } from './uint.ts'
import type { Value } from './value.ts'

/** What `type(value)` is: without parameters. */
export function typeOfValue(value: Value): CelType {
  switch (typeof value) {
    case 'string':
      return Types.string
    case 'bigint':
      return Types.int
    case 'boolean':
      return Types.bool
    case 'number':
      return Types.double
    default:
      return typeOfObject(value)
  }
}

function typeOfObject(value: Exclude<Value, string | bigint | boolean | number>): CelType {
  if (value === null) return Types.null
  if (value instanceof MapValue) return Types.map
  if (value instanceof ListValue) return Types.list
  if (value instanceof Opaque) return value.type
  if (value instanceof Uint) return Types.uint
  if (value instanceof Duration) return Types.duration
  if (value instanceof Timestamp) return Types.timestamp
  if (value instanceof Optional) return Types.optional
  return value instanceof CelType ? Types.type : Types.bytes
}
