import type { FieldSchema, FieldType } from '../schema/schema.ts'
import { typeSchema } from '../schema/schema.ts'

/** The messages behind fields that JSON shows as free values, lists or booleans (Go types with encoders of their own). */
export type SpecialMessage =
  | 'raw' // RawExtension, FieldsV1 and JSON: {raw = 1}, JSON text
  | 'empty' // a message without fields
  | 'items' // a named list of strings: {items = 1}
  | 'schemaOrArray' // {schema = 1, jSONSchemas = 2}
  | 'schemaOrBool' // {allows = 1, schema = 2}
  | 'schemaOrStrings' // {schema = 1, property = 2}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
export const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'

const OF_JSON_SCHEMA: Readonly<Record<string, SpecialMessage>> = {
  items: 'schemaOrArray',
  additionalItems: 'schemaOrBool',
  additionalProperties: 'schemaOrBool',
  dependencies: 'schemaOrStrings',
}

/** The special message of a field's values, or of the elements of a list or map of them. */
export function specialMessage(typeName: string, field: FieldSchema): SpecialMessage | undefined {
  if (typeName === JSON_SCHEMA) return OF_JSON_SCHEMA[field.name] ?? specialOf(elementOf(field.type))
  if (typeName === `${META}APIResource` && field.name === 'verbs') return 'items'
  return specialOf(elementOf(field.type))
}

function specialOf(type: FieldType): SpecialMessage | undefined {
  if (type === 'object' || type === 'any') return 'raw'
  if (typeof type !== 'object') return undefined
  if ('list' in type) return 'items' // a list in a map or list
  if ('map' in type) return undefined
  const { fields, scalar } = typeSchema(type.ref)
  return fields ? undefined : scalar === 'object' ? 'empty' : scalar === 'any' ? 'raw' : undefined
}

const elementOf = (type: FieldType): FieldType =>
  typeof type !== 'object' ? type : 'list' in type ? type.list : 'map' in type ? type.map : type
