import type { FieldErrors } from '../../kinds/validation/field-errors.ts'
import { collect } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import { FieldPath as Path } from '../../kinds/validation/field-path.ts'
import { itemsOf, propertyOf, type Schema } from '../schema.ts'

const LIST_TYPE = 'x-kubernetes-list-type'
const MAP_TYPE = 'x-kubernetes-map-type'
const MAP_KEYS = 'x-kubernetes-list-map-keys'

export interface ListRules {
  /** Items of sets have to be atomic. */
  readonly requiresAtomicSets: boolean
  /** Keys of map lists have to be there, and neither they nor items of sets may be null. */
  readonly requiresMapListKeys: boolean
}

/** The x-kubernetes-map-type, -list-type and -list-map-keys of a node. */
export function checkListAndMapTypes(schema: Schema, rules: ListRules, at: FieldPath, errors: FieldErrors): void {
  checkMapType(schema, at, errors)
  checkListType(schema, rules, at, errors)
  checkMapKeys(schema, at, errors)
  if (rules.requiresMapListKeys) checkKeyPresence(schema, at, errors)
}

function checkTypeIs(wanted: string, mark: string, type: string | undefined, at: FieldPath, errors: FieldErrors): void {
  const why = `must be ${wanted} if ${mark} is specified`
  if (!type) errors.required(at.child('type'), why)
  else errors.invalid(at.child('type'), type, why)
}

function checkMapType(schema: Schema, at: FieldPath, errors: FieldErrors): void {
  const mapType = schema[MAP_TYPE]
  if (mapType === undefined) return
  if (schema.type !== 'object') checkTypeIs('object', MAP_TYPE, schema.type, at, errors)
  if (mapType !== 'atomic' && mapType !== 'granular') {
    errors.notSupported(at.child(MAP_TYPE), mapType, ['atomic', 'granular'])
  }
}

function checkListType(schema: Schema, { requiresAtomicSets }: ListRules, at: FieldPath, errors: FieldErrors): void {
  const listType = schema[LIST_TYPE]
  if (listType === undefined) return
  if (schema.type !== 'array') checkTypeIs('array', LIST_TYPE, schema.type, at, errors)
  else if (requiresAtomicSets) checkSetItems(schema, at, errors)
  if (listType !== 'atomic' && listType !== 'set' && listType !== 'map') {
    errors.notSupported(at.child(LIST_TYPE), listType, ['atomic', 'set', 'map'])
  }
}

/** Upstream shows the items' list type in both cases. */
function checkSetItems(schema: Schema, at: FieldPath, errors: FieldErrors): void {
  const mark = nonAtomicSet(schema)
  if (!mark) return
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  errors.invalid(at.child('items').child(mark), itemsOf(schema)?.[LIST_TYPE] ?? null, why)
}

/** Which mark on the items of a set is wrong; undefined: none. */
export function nonAtomicSet(schema: Schema): typeof LIST_TYPE | typeof MAP_TYPE | undefined {
  const items = itemsOf(schema)
  if (schema[LIST_TYPE] !== 'set' || !items) return undefined
  if (items.type === 'array' && (items[LIST_TYPE] ?? 'atomic') !== 'atomic') return LIST_TYPE
  return items.type === 'object' && items[MAP_TYPE] !== 'atomic' ? MAP_TYPE : undefined
}

function checkMapKeys(schema: Schema, at: FieldPath, errors: FieldErrors): void {
  const keys = schema[MAP_KEYS] ?? []
  const listType = schema[LIST_TYPE]
  if (keys.length > 0 && listType !== 'map') {
    const why = `must be map if ${MAP_KEYS} is non-empty`
    if (listType === undefined) errors.required(at.child(LIST_TYPE), why)
    else errors.invalid(at.child(LIST_TYPE), listType, why)
  }
  if (listType !== 'map') return
  if (keys.length === 0) errors.required(at.child(MAP_KEYS), `must not be empty if ${LIST_TYPE} is map`)
  checkMapItems(schema, keys, at, errors)
}

function checkMapItems(schema: Schema, keys: readonly string[], at: FieldPath, errors: FieldErrors): void {
  const where = at.child('items')
  const items = itemsOf(schema)
  if (schema.items === undefined) errors.required(where, `must have a schema if ${LIST_TYPE} is map`)
  else if (!items) errors.invalid(where, schema.items, `must only have a single schema if ${LIST_TYPE} is map`)
  else if (items.type !== 'object') {
    errors.invalid(where.child('type'), items.type ?? '', `must be object if parent array's ${LIST_TYPE} is map`)
  } else {
    keys.forEach((key, index) => {
      checkMapKey(key, keys.indexOf(key) < index, keys, items, at, errors)
    })
  }
}

function checkMapKey(
  key: string,
  isRepeated: boolean,
  keys: readonly string[],
  items: Schema,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const property = propertyOf(items, key)
  if (!property) errors.invalid(at.child(MAP_KEYS), keys, 'entries must all be names of item properties')
  else if (property.type === 'array' || property.type === 'object') {
    const why = `must be a scalar type if parent array's ${LIST_TYPE} is map`
    errors.invalid(at.child('items').child('properties').key(key).child('type'), items.type, why)
  }
  if (isRepeated) errors.invalid(at.child(MAP_KEYS), keys, 'must not contain duplicate entries')
}

function checkKeyPresence(schema: Schema, at: FieldPath, errors: FieldErrors): void {
  const items = itemsOf(schema)
  const listType = schema[LIST_TYPE]
  if (!items || (listType !== 'set' && listType !== 'map')) return
  const where = at.child('items')
  if (items.nullable) errors.forbidden(where.child('nullable'), `cannot be nullable when ${LIST_TYPE} is ${listType}`)
  if (listType === 'set') return
  for (const key of schema[MAP_KEYS] ?? []) {
    const property = propertyOf(items, key)
    if (!property) continue
    const here = where.child('properties').key(key)
    const what = `this property is in ${MAP_KEYS}, so it`
    if (!items.required?.includes(key) && property.default === undefined) {
      errors.required(here.child('default'), `${what} must have a default or be a required property`)
    }
    if (property.nullable) errors.forbidden(here.child('nullable'), `${what} cannot be nullable`)
  }
}

/** Does a node break the rules on the keys of map lists and the items of sets. */
export const breaksKeyPresence = (schema: Schema): boolean =>
  collect((errors) => checkKeyPresence(schema, Path.of(''), errors)).length > 0
