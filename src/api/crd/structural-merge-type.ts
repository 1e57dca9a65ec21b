import { DEDUCED, LEAF, type MergeType } from '../merge-type.ts'
import {
  additionalOf,
  hasDefault,
  isEmbedded,
  isIntOrString,
  itemsOf,
  preservesUnknown,
  propertyOf,
  type Schema,
} from './schema.ts'

/**
 * How objects of a structural schema merge under server-side apply. Upstream: kube-openapi schemaconv, on the schema that
 * is published for the resource. `undefined`: no schema, everything is deduced from the values.
 */
export function structuralMergeType(schema: Schema | undefined): MergeType {
  return schema ? objectType(schema, preservesUnknown(schema), true) : DEDUCED
}

function typeOf(schema: Schema, preserving: boolean): MergeType {
  const preserves = preserving || preservesUnknown(schema)
  switch (schema.type) {
    case 'object':
      return objectType(schema, preserves, isEmbedded(schema))
    case 'array':
      return listType(schema, preserves)
    case undefined:
    case '':
      if (isIntOrString(schema)) return LEAF
      return schema.properties ? objectType(schema, preserves, isEmbedded(schema)) : DEDUCED
    default:
      return LEAF
  }
}

function objectType(schema: Schema, preserves: boolean, isResource: boolean): MergeType {
  if (schema['x-kubernetes-map-type'] === 'atomic') return LEAF
  const fields = new Map<string, MergeType>()
  const others = otherType(schema, preserves)
  const field = (name: string): MergeType | undefined => {
    let type: MergeType | undefined = fields.get(name)
    if (type) return type
    const property = propertyOf(schema, name)
    const own = isResource ? META_FIELDS.get(name) : undefined
    type = own ?? (property ? typeOf(property, preserves) : others)
    if (property && type) fields.set(name, type)
    return type
  }
  const declares = (name: string): boolean =>
    propertyOf(schema, name) !== undefined || (isResource && META_FIELDS.has(name))
  return { kind: 'object', field, declares }
}

/** Of members that are not declared; undefined where there may be none. An object that declares nothing is free in form. */
function otherType(schema: Schema, preserves: boolean): MergeType | undefined {
  const additional = additionalOf(schema)
  if (additional) return typeOf(additional, preserves)
  if (schema.additionalProperties !== undefined) return schema.additionalProperties === true ? DEDUCED : undefined
  return preserves || Object.keys(schema.properties ?? {}).length === 0 ? DEDUCED : undefined
}

function listType(schema: Schema, preserves: boolean): MergeType {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return { kind: 'set' }
    case 'map':
      return mapListType(schema, preserves)
    default:
      return LEAF
  }
}

function mapListType(schema: Schema, preserves: boolean): MergeType {
  const items = itemsOf(schema)
  if (!items) return LEAF
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const defaults: Record<string, unknown> = {}
  for (const key of keys) {
    const property = propertyOf(items, key)
    if (property && hasDefault(property)) defaults[key] = property.default
  }
  let element: MergeType | undefined
  return {
    kind: 'list-map',
    keys,
    defaults,
    get element() {
      element ??= typeOf(items, preserves)
      return element
    },
  }
}

const LEAVES: MergeType = { kind: 'object', field: () => LEAF, declares: () => false }

const OBJECT_META_FIELDS: ReadonlyMap<string, MergeType> = new Map<string, MergeType>([
  ['labels', LEAVES],
  ['annotations', LEAVES],
  ['finalizers', { kind: 'set' }],
  ['ownerReferences', { kind: 'list-map', keys: ['uid'], defaults: {}, element: LEAF }],
])

/** Every resource has these, whatever its schema says of them. */
const META_FIELDS: ReadonlyMap<string, MergeType> = new Map<string, MergeType>([
  ['apiVersion', LEAF],
  ['kind', LEAF],
  ['metadata', { kind: 'object', field: (name) => OBJECT_META_FIELDS.get(name) ?? LEAF, declares: () => true }],
])
