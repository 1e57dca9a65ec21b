import type { CelType } from '../type.ts'
import type { Duration } from './duration.ts'
import type { ListValue } from './list.ts'
import type { MapValue } from './map.ts'
import type { Opaque } from './opaque.ts'
import type { Optional } from './optional.ts'
import type { Timestamp } from './timestamp.ts'
import type { Uint } from './uint.ts'

/** A value at runtime. An int is a bigint, a double a number, a type itself a CelType. */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | Uint
  | ListValue
  | MapValue
  | Duration
  | Timestamp
  | Optional
  | Opaque
  | CelType
