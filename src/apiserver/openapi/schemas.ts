import type { FieldSchema, FieldType, ScalarType, TypeSchema } from '../../api/schema/schema.ts'
import { typeSchema } from '../../api/schema/schema.ts'
import { describeField, describeType } from './descriptions.ts'

/** The two forms of OpenAPI that are served; they differ in how references and free alternatives are written. */
export type Dialect = 'v2' | 'v3'

export type JsonSchema = Record<string, unknown>

const PREFIX: Readonly<Record<Dialect, string>> = { v2: '#/definitions/', v3: '#/components/schemas/' }

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const QUANTITY = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
const INT_OR_STRING = 'io.k8s.apimachinery.pkg.util.intstr.IntOrString'

/** Scalars that upstream publishes as types with a name. */
const NAMED: Partial<Record<ScalarType, string>> = {
  time: `${META}Time`,
  microtime: `${META}MicroTime`,
  quantity: QUANTITY,
  'int-or-string': INT_OR_STRING,
}

const PLAIN: Partial<Record<ScalarType, JsonSchema>> = {
  string: { type: 'string' },
  duration: { type: 'string' },
  bool: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  'date-time': { type: 'string', format: 'date-time' },
  object: { type: 'object' },
  any: {},
}

/** The types that a type refers to directly, by name. */
export function referencedTypes(type: TypeSchema): string[] {
  return (type.fields ?? []).map(({ type }) => namedType(type)).filter((name) => name !== undefined)
}

function namedType(type: FieldType): string | undefined {
  if (typeof type === 'string') return NAMED[type]
  if ('list' in type) return namedType(type.list)
  return 'map' in type ? namedType(type.map) : type.ref
}

/** A reference to a named type. */
export const referenceTo = (name: string, dialect: Dialect): JsonSchema => ({ $ref: `${PREFIX[dialect]}${name}` })

/** The schema of a named type of the table. */
export function schemaOf(name: string, dialect: Dialect): JsonSchema {
  const type = typeSchema(name)
  const description = describeType(name)
  if (!type.fields) return { description, ...scalarSchema(type, dialect) }
  const required = type.fields.filter((field) => field.required).map((field) => field.name)
  const properties = Object.fromEntries(
    [...type.fields]
      .sort((left, right) => (left.name < right.name ? -1 : 1))
      .map((field) => [field.name, fieldSchema(name, field, dialect)]),
  )
  return {
    description,
    type: 'object',
    ...(required.length > 0 && { required: required.sort() }),
    ...(type.fields.length > 0 && { properties }),
    ...(type.gvk && { 'x-kubernetes-group-version-kind': type.gvk }),
    ...(type.mapType && { 'x-kubernetes-map-type': type.mapType }),
    ...(type.unions && { 'x-kubernetes-unions': type.unions }),
  }
}

function scalarSchema({ name, scalar = 'any' }: TypeSchema, dialect: Dialect): JsonSchema {
  if (name === QUANTITY)
    return dialect === 'v2' ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] }
  if (name === INT_OR_STRING) {
    const alternatives = { oneOf: [{ type: 'integer' }, { type: 'string' }] }
    return { format: 'int-or-string', ...(dialect === 'v2' ? { type: 'string' } : alternatives) }
  }
  return PLAIN[scalar] ?? {}
}

/** Names whose `values` are examples of an open set. */
const OPEN_SETS = /^(?:type|reason)$/

function fieldSchema(owner: string, field: FieldSchema, dialect: Dialect): JsonSchema {
  const { listType, listMapKeys, mapType, patchStrategy, patchMergeKey, values, minimum, maximum, maxItems } = field
  const schema = valueSchema(field.type, dialect)
  return {
    description: describeField(owner, field.name),
    ...(dialect === 'v3' && '$ref' in schema ? { allOf: [schema] } : schema),
    ...defaultOf(field, dialect),
    ...(values && field.type === 'string' && !OPEN_SETS.test(field.name) && { enum: values }),
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    ...(maxItems !== undefined && { maxItems }),
    ...(listType && { 'x-kubernetes-list-type': listType }),
    ...(listMapKeys && { 'x-kubernetes-list-map-keys': listMapKeys }),
    ...(mapType && { 'x-kubernetes-map-type': mapType }),
    ...(patchMergeKey && { 'x-kubernetes-patch-merge-key': patchMergeKey }),
    ...(patchStrategy && { 'x-kubernetes-patch-strategy': patchStrategy }),
  }
}

/**
 * Version 3 gives defaults; version 2 leaves them out, as upstream does for old clients. What Go always writes has its zero
 * value as default, and so has a struct that is no pointer.
 */
function defaultOf({ default: value, zero, type }: FieldSchema, dialect: Dialect): JsonSchema {
  if (dialect === 'v2') return {}
  if (value !== undefined) return { default: value }
  const isStruct = typeof type === 'object' && 'ref' in type
  const isValue = zero === 'write' || (isStruct && zero === 'drop')
  return isValue ? zeroDefault(type) : {}
}

const ZERO_VALUES: Partial<Record<ScalarType, unknown>> = { string: '', bool: false, int32: 0, int64: 0, double: 0 }

/** Types with a JSON form of their own (times, quantities) have no zero value there, lists and maps are null. */
function zeroDefault(type: FieldType): JsonSchema {
  if (typeof type === 'string') return ZERO_VALUES[type] === undefined ? {} : { default: ZERO_VALUES[type] }
  return 'ref' in type && typeSchema(type.ref).fields ? { default: {} } : {}
}

function valueSchema(type: FieldType, dialect: Dialect): JsonSchema {
  if (typeof type === 'string') {
    const named = NAMED[type]
    return named ? referenceTo(named, dialect) : (PLAIN[type] ?? {})
  }
  if ('list' in type) return { type: 'array', items: elementSchema(type.list, dialect) }
  if ('map' in type) return { type: 'object', additionalProperties: elementSchema(type.map, dialect) }
  return referenceTo(type.ref, dialect)
}

function elementSchema(type: FieldType, dialect: Dialect): JsonSchema {
  const schema = valueSchema(type, dialect)
  if (dialect === 'v2') return schema
  return { ...('$ref' in schema ? { allOf: [schema] } : schema), ...zeroDefault(type) }
}

/** All types that the given ones need, themselves included, sorted by name. */
export function closureOf(roots: readonly string[]): string[] {
  const found = new Set(roots)
  for (const name of found) for (const referenced of referencedTypes(typeSchema(name))) found.add(referenced)
  return [...found].sort()
}
