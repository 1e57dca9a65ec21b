import { Duration } from '../../cel/values/duration.ts'
import { EvaluationError } from '../../cel/values/evaluation-error.ts'
import { Timestamp } from '../../cel/values/timestamp.ts'
import type { Value } from '../../cel/values/value.ts'
import { isIntOrString, isObject, type Schema } from '../schema.ts'
import { formatDuration } from './format-duration.ts'
import { partSchema } from './resource-schema.ts'
import { SchemaList } from './schema-list.ts'
import { SchemaMap, SchemaObject } from './schema-map.ts'
import { UnknownValue } from './unknown-value.ts'

/** A value of a schema as rules see it; lists and objects are looked into when rules do. Throws EvaluationError. */
export function schemaValue(raw: unknown, schema: Schema): Value {
  if (raw === null || raw === undefined) {
    if (schema.nullable === true) return null
    throw new EvaluationError('invalid data, got null for schema with nullable=false')
  }
  if (isIntOrString(schema)) return intOrString(raw)
  switch (schema.type) {
    case 'string':
      return textValue(raw, schema)
    case 'integer':
      return integer(raw)
    case 'number':
      if (typeof raw === 'number' || typeof raw === 'bigint') return Number(raw)
      throw new EvaluationError(`invalid data, expected float, got ${goType(raw)}`)
    case 'boolean':
      if (typeof raw === 'boolean') return raw
      throw new EvaluationError(`invalid data, expected bool, got ${goType(raw)}`)
    case 'array':
      if (Array.isArray(raw)) return new SchemaList(raw, schema)
      throw new EvaluationError('invalid data, expected an array for the provided schema with type=array')
    case 'object':
      return objectValue(raw, schema)
    default:
      return new UnknownValue(raw)
  }
}

function objectValue(raw: unknown, schema: Schema): Value {
  if (!isObject(raw)) {
    throw new EvaluationError('invalid data, expected a map for the provided schema with type=object')
  }
  const whole = partSchema(schema)
  return isObject(whole.additionalProperties) && !whole.properties
    ? new SchemaMap(raw, whole.additionalProperties as Schema)
    : new SchemaObject(raw, whole)
}

function intOrString(raw: unknown): Value {
  if (typeof raw === 'string') return raw
  if (typeof raw === 'bigint' || Number.isInteger(raw)) return BigInt(raw as number)
  throw new EvaluationError('invalid data, expected XIntOrString value to be either a string or integer')
}

function integer(raw: unknown): bigint {
  if (typeof raw === 'bigint') return raw
  if (typeof raw === 'number' && Number.isInteger(raw)) return BigInt(raw)
  throw new EvaluationError(`invalid data, expected int, got ${goType(raw)}`)
}

function textValue(raw: unknown, { format }: Schema): Value {
  if (typeof raw !== 'string') throw new EvaluationError(`invalid data, expected string, got ${goType(raw)}`)
  switch (format) {
    case 'byte':
      return Buffer.from(raw, 'base64')
    case 'duration':
      return parsed(Duration.parse(raw) ?? formatDuration(raw), `Invalid duration ${raw}`)
    case 'date':
      return parsed(Timestamp.ofDate(raw), `Invalid date formatted string ${raw}`)
    case 'date-time':
      return parsed(Timestamp.parse(raw.toUpperCase()), `Invalid date-time formatted string ${raw}`)
    default:
      return raw
  }
}

function parsed<T extends Value>(value: T | undefined, problem: string): T {
  if (value === undefined) throw new EvaluationError(problem)
  return value
}

function goType(raw: unknown): string {
  if (typeof raw === 'number') return Number.isInteger(raw) ? 'int64' : 'float64'
  if (typeof raw === 'boolean') return 'bool'
  if (Array.isArray(raw)) return '[]interface {}'
  return typeof raw === 'string' ? 'string' : 'map[string]interface {}'
}
