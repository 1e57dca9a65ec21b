import {
  DEDUCED,
  type Holds,
  LEAF,
  type LeafType,
  type ListMapType,
  type MergeType,
  type ObjectType,
} from '../../merge-type.ts'
import { type FieldSchema, type FieldType, type ScalarType, type TypeSchema, typeSchema } from '../../schema/schema.ts'

/** One for each type of the table that was asked for. */
const types = new Map<string, MergeType>()

/** How a type of the schema table merges. Upstream: kube-openapi's conversion of OpenAPI to a merge schema. */
export function tableMergeType(typeName: string): MergeType {
  let type = types.get(typeName)
  if (!type) {
    type = namedType(typeSchema(typeName))
    types.set(typeName, type)
  }
  return type
}

/** Like `tableMergeType`, with what the field that refers to it says instead. */
function referredType(name: string, mapType: 'atomic' | 'granular' | undefined): MergeType {
  const schema = typeSchema(name)
  if (mapType === undefined || mapType === (schema.mapType ?? 'granular')) return tableMergeType(name)
  return namedType({ ...schema, mapType })
}

function namedType(schema: TypeSchema): MergeType {
  if (!schema.fields) return schema.scalar === 'object' ? FREE_FORM : scalarType(schema.scalar ?? 'any')
  const struct = new StructType(schema.fields)
  return schema.mapType === 'atomic' ? leaf({ object: struct }) : struct
}

/** A struct; the types of its fields are made when they are first asked for. */
class StructType implements ObjectType {
  readonly kind = 'object'
  readonly #fields: ReadonlyMap<string, FieldSchema>
  readonly #types = new Map<string, MergeType>()

  constructor(fields: readonly FieldSchema[]) {
    this.#fields = new Map(fields.map((field) => [field.name, field]))
  }

  field(name: string): MergeType | undefined {
    const known = this.#types.get(name)
    if (known) return known
    const field = this.#fields.get(name)
    if (!field) return undefined
    const type = typeOfField(field)
    this.#types.set(name, type)
    return type
  }

  declares(name: string): boolean {
    return this.#fields.has(name)
  }
}

const mapOf = (element: MergeType): ObjectType => ({ kind: 'object', field: () => element, declares: () => false })

/** A struct without fields: anything may be in it. */
const FREE_FORM = mapOf(DEDUCED)

const leaf = (holds: Holds): LeafType => Object.freeze({ kind: 'leaf', holds })

const STRING = leaf('string')
const NUMBER = leaf('number')
const SCALAR = leaf('scalar')

const SCALARS: Readonly<Record<ScalarType, MergeType>> = {
  string: STRING,
  bytes: STRING,
  duration: STRING,
  bool: leaf('boolean'),
  int32: NUMBER,
  int64: NUMBER,
  double: NUMBER,
  time: SCALAR,
  microtime: SCALAR,
  'date-time': SCALAR,
  quantity: SCALAR,
  'int-or-string': SCALAR,
  object: LEAF, // RawExtension, which upstream takes as one value
  any: DEDUCED,
}

const scalarType = (scalar: ScalarType): MergeType => SCALARS[scalar]

function typeOfField(field: FieldSchema): MergeType {
  const { type, mapType } = field
  if (typeof type === 'string') return scalarType(type)
  if ('list' in type) return listType(field, type.list)
  if ('ref' in type) return referredType(type.ref, mapType)
  const map = mapOf(elementType(type.map))
  return mapType === 'atomic' ? leaf({ object: map }) : map
}

function elementType(type: FieldType): MergeType {
  if (typeof type === 'string') return scalarType(type)
  if ('ref' in type) return tableMergeType(type.ref)
  return 'list' in type ? leaf({ list: elementType(type.list) }) : mapOf(elementType(type.map))
}

/** `listType` decides; fields from before it was invented have a patch strategy that says the same. */
function listType({ listType, listMapKeys, patchStrategy, patchMergeKey }: FieldSchema, of: FieldType): MergeType {
  const merges = listType === undefined && /^merge\b/.test(patchStrategy ?? '')
  if (listType === 'map') return listMapType(listMapKeys ?? [], of)
  if (merges && patchMergeKey !== undefined) return listMapType([patchMergeKey], of)
  if (listType === 'set' || merges) return setType(of)
  return leaf({ list: elementType(of) })
}

function setType(of: FieldType): MergeType {
  const element = elementType(of)
  return element.kind === 'leaf' && element.holds ? { kind: 'set', holds: element.holds } : { kind: 'set' }
}

function listMapType(keys: readonly string[], of: FieldType): ListMapType {
  const fields = typeof of === 'object' && 'ref' in of ? (typeSchema(of.ref).fields ?? []) : []
  const defaults: Record<string, unknown> = {}
  for (const field of fields) {
    const value = keys.includes(field.name) ? keyDefault(field) : undefined
    if (value !== undefined) defaults[field.name] = value
  }
  return new LazyListMapType(keys, defaults, () => elementType(of))
}

/** Fields that Go always writes have their zero value as default in the published schema. */
function keyDefault({ default: value, zero, type }: FieldSchema): unknown {
  if (value !== undefined || zero !== 'write' || typeof type !== 'string') return value
  return type === 'bool' ? false : type === 'int32' || type === 'int64' ? 0 : ''
}

/** The element's type may be the one that is being made. */
class LazyListMapType implements ListMapType {
  readonly kind = 'list-map'
  readonly keys: readonly string[]
  readonly defaults: Readonly<Record<string, unknown>>
  readonly #make: () => MergeType
  #element: MergeType | undefined

  constructor(keys: readonly string[], defaults: Readonly<Record<string, unknown>>, make: () => MergeType) {
    this.keys = keys
    this.defaults = defaults
    this.#make = make
  }

  get element(): MergeType {
    this.#element ??= this.#make()
    return this.#element
  }
}
