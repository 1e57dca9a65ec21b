import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { JSONSchemaProps, ValidationRule } from '../types/apiextensions.v1.ts'

/** A node of a version's schema, as the CustomResourceDefinition has it: shared and never changed. */
export type Schema = DeepReadonly<JSONSchemaProps>

export type Rule = DeepReadonly<ValidationRule>

export type JsonObject = Record<string, unknown>

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The schema of a list's items; undefined where there is none or (not structural) one for each position. */
export const itemsOf = ({ items }: Schema): Schema | undefined => (isObject(items) ? (items as Schema) : undefined)

/** The schemas of a list's items by position, which no structural schema has. */
export const itemsByPosition = ({ items }: Schema): readonly Schema[] =>
  Array.isArray(items) ? (items as readonly Schema[]) : []

/** The schema of the values of a map; undefined where `additionalProperties` is absent, true or false. */
export const additionalOf = ({ additionalProperties }: Schema): Schema | undefined =>
  isObject(additionalProperties) ? (additionalProperties as Schema) : undefined

/** The schema of a declared property. */
export function propertyOf({ properties }: Schema, name: string): Schema | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined
}

/** The schema that a member of an object has to follow: its own, else that of all others. */
export const memberOf = (schema: Schema, name: string): Schema | undefined =>
  propertyOf(schema, name) ?? additionalOf(schema)

/** `default: null` is no default: upstream decodes it into nothing. */
export const hasDefault = (schema: Schema): boolean => schema.default !== undefined && schema.default !== null

export const preservesUnknown = (schema: Schema): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true
export const isIntOrString = (schema: Schema): boolean => schema['x-kubernetes-int-or-string'] === true
export const isEmbedded = (schema: Schema): boolean => schema['x-kubernetes-embedded-resource'] === true

/** What every resource has beside its own fields: at the root and in embedded resources. */
export const isMetaField = (name: string): boolean => name === 'apiVersion' || name === 'kind' || name === 'metadata'
