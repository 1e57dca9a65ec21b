import type { FieldError } from '../../field-error.ts'
import { collect, type FieldErrors } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import {
  additionalOf,
  hasDefault,
  isEmbedded,
  isIntOrString,
  itemsByPosition,
  itemsOf,
  preservesUnknown,
  propertyOf,
  type Schema,
} from '../schema.ts'
import { patternError } from '../values/pattern.ts'
import { checkCompleteness } from './completeness.ts'
import { isSet } from './schema-walk.ts'

/** Where in the structure a node stands; decides what is said of a missing type. */
type Level = 'root' | 'item' | 'field'

/**
 * Why a schema cannot be structural at all, in upstream's words, or undefined. Upstream: NewStructural.
 */
export function conversionProblem(schema: Schema): string | undefined {
  const own = unsupportedField(schema)
  if (own !== undefined) return `OpenAPIV3Schema '${own}' is not supported`
  for (const part of [schema.not, ...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) {
    const problem = part && conversionProblem(part)
    if (problem !== undefined) return problem
  }
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
    return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  }
  if (itemsByPosition(schema).length > 0) return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  for (const below of [itemsOf(schema), ...Object.values(schema.properties ?? {}), additionalOf(schema)]) {
    const problem = below && conversionProblem(below)
    if (problem !== undefined) return problem
  }
  return undefined
}

function unsupportedField(schema: Schema): string | undefined {
  if (schema.id) return 'id'
  if (schema.$schema) return 'schema'
  if (schema.$ref) return '$ref'
  if (Object.keys(schema.patternProperties ?? {}).length > 0) return 'patternProperties'
  if (Object.keys(schema.dependencies ?? {}).length > 0) return 'dependencies'
  if (schema.additionalItems !== undefined) return 'additionalItems'
  if (Object.keys(schema.definitions ?? {}).length > 0) return 'definitions'
  return undefined
}

/** What makes a schema non-structural, sorted by text as upstream does. Upstream: ValidateStructural. */
export function structuralErrors(schema: Schema, at: FieldPath): FieldError[] {
  const errors = collect((found) => {
    checkNode(schema, 'root', at, found)
    checkCompleteness(schema, at, found)
  })
  const text = ({ field, message }: FieldError): string => `${field}: ${message}`
  return errors.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0))
}

function checkNode(schema: Schema, level: Level, at: FieldPath, errors: FieldErrors): void {
  const items = itemsOf(schema)
  if (schema.type === 'array' && !items) errors.required(at.child('items'), 'must be specified')
  if (items) checkNode(items, 'item', at.child('items'), errors)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    checkNode(property, 'field', at.child('properties').key(name), errors)
  }
  if (schema.additionalProperties !== undefined) {
    if (level === 'root') errors.forbidden(at.child('additionalProperties'), 'must not be used at the root')
    const additional = additionalOf(schema)
    if (additional) checkNode(additional, 'field', at.child('additionalProperties'), errors)
  }
  checkExtensions(schema, at, errors)
  const skip = { anyOf: isIntOrStringPattern(schema.anyOf), firstAllOf: isIntOrStringPattern(schema.allOf?.[0]?.anyOf) }
  checkValueValidation(schema, skip, at, errors)
  checkType(schema, level, at, errors)
  checkResource(schema, level, at, errors)
}

function checkExtensions(schema: Schema, at: FieldPath, errors: FieldErrors): void {
  if (!isIntOrString(schema)) return
  const why = 'must be false if x-kubernetes-int-or-string is true'
  if (preservesUnknown(schema)) errors.invalid(at.child('x-kubernetes-preserve-unknown-fields'), true, why)
  if (isEmbedded(schema)) errors.invalid(at.child('x-kubernetes-embedded-resource'), true, why)
}

const EMPTY: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function checkType(schema: Schema, level: Level, at: FieldPath, errors: FieldErrors): void {
  const { type } = schema
  if (isEmbedded(schema) && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true'
    if (!type) errors.required(at.child('type'), why)
    else errors.invalid(at.child('type'), type, why)
  } else if (!type && !isIntOrString(schema) && !preservesUnknown(schema)) {
    errors.required(at.child('type'), EMPTY[level])
  }
}

/** What holds of whole resources, at the root and embedded: no free members, metadata as ObjectMeta has it. */
function checkResource(schema: Schema, level: Level, at: FieldPath, errors: FieldErrors): void {
  const embedded = isEmbedded(schema)
  const isResource = level === 'root' || embedded
  if (embedded && schema.additionalProperties !== undefined) {
    errors.forbidden(at.child('additionalProperties'), 'must not be used if x-kubernetes-embedded-resource is set')
  }
  if (level === 'root' && schema.type && schema.type !== 'object') {
    errors.invalid(at.child('type'), schema.type, 'must be object at the root')
  }
  for (const name of isResource ? ['kind', 'apiVersion'] : []) {
    const property = propertyOf(schema, name)
    if (!property || property.type === 'string') continue
    errors.invalid(at.child('properties').key(name).child('type'), property.type ?? '', 'must be string')
  }
  const metadata = propertyOf(schema, 'metadata')
  if (metadata) checkMetadata(metadata, isResource, level, at.child('properties').key('metadata'), errors)
  if (embedded && !preservesUnknown(schema) && Object.keys(schema.properties ?? {}).length === 0) {
    const why =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    errors.required(at.child('properties'), why)
  }
}

function checkMetadata(schema: Schema, isResource: boolean, level: Level, at: FieldPath, errors: FieldErrors): void {
  if (isResource && schema.type !== 'object') errors.invalid(at.child('type'), schema.type ?? '', 'must be object')
  if (level !== 'root') return
  const { type: _type, default: _default, properties = {}, ...rest } = schema
  const others = Object.keys(properties).filter((name) => name !== 'name' && name !== 'generateName')
  if (others.length === 0 && !Object.values(rest).some(isSet)) return
  const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
  errors.forbidden(at, why)
}

/** The two alternatives that stand for int-or-string: exactly a type each. */
function isIntOrStringPattern(anyOf: readonly Schema[] | undefined): boolean {
  if (anyOf?.length !== 2) return false
  return ['integer', 'string'].every((type, index) => {
    const { type: own, ...rest } = anyOf[index] as Schema
    return own === type && !Object.values(rest).some(isSet)
  })
}

const NO_SKIP = { anyOf: false, firstAllOf: false }

function checkValueValidation(schema: Schema, skip: typeof NO_SKIP, at: FieldPath, errors: FieldErrors): void {
  if (!skip.anyOf) {
    schema.anyOf?.forEach((part, index) => {
      checkNested(part, NO_SKIP, at.child('anyOf').index(index), errors)
    })
  }
  schema.allOf?.forEach((part, index) => {
    const within = { anyOf: skip.firstAllOf && index === 0, firstAllOf: false }
    checkNested(part, within, at.child('allOf').index(index), errors)
  })
  schema.oneOf?.forEach((part, index) => {
    checkNested(part, NO_SKIP, at.child('oneOf').index(index), errors)
  })
  if (schema.not) checkNested(schema.not, NO_SKIP, at.child('not'), errors)
  const problem = schema.pattern ? patternError(schema.pattern) : undefined
  if (problem !== undefined) {
    const why = `must be a valid regular expression, but isn't: ${problem}`
    errors.invalid(at.child('pattern'), schema.pattern, why)
  }
}

/** What a node under allOf, anyOf, oneOf and not may not have: it restricts values and adds no structure. */
const FORBIDDEN: readonly [name: keyof Schema & string, words: string][] = [
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

function checkNested(schema: Schema, skip: typeof NO_SKIP, at: FieldPath, errors: FieldErrors): void {
  checkValueValidation(schema, skip, at, errors)
  const items = itemsOf(schema)
  if (items) checkNested(items, NO_SKIP, at.child('items'), errors)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    checkNested(property, NO_SKIP, at.child('properties').key(name), errors)
  }
  if (schema.type) errors.forbidden(at.child('type'), 'must be empty to be structural')
  if (schema.additionalProperties !== undefined && schema.additionalProperties !== false) {
    errors.forbidden(at.child('additionalProperties'), 'must be undefined to be structural')
  }
  for (const [name, words] of FORBIDDEN) {
    if (name === 'default' ? hasDefault(schema) : isSet(schema[name])) errors.forbidden(at.child(name), words)
  }
  if (propertyOf(schema, 'metadata')) {
    errors.forbidden(at.child('properties').key('metadata'), 'must not be specified in a nested context')
  }
}
