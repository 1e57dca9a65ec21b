import { listKindOf, type ResourceDefinition } from '../../api/resource.ts'
import type { JSONSchemaProps } from '../../api/types/apiextensions.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { describeField } from './descriptions.ts'
import { type Dialect, type JsonSchema, referenceTo } from './schemas.ts'

type Props = DeepReadonly<JSONSchemaProps>

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const LIST_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'

/** The table's types that the schemas of custom resources refer to. */
export const CUSTOM_BASE_TYPES = [OBJECT_META, LIST_META]

/** Name of a custom resource's type in documents: the group's labels backwards, `com.example.stable.v1.CronTab`. */
export function customTypeName({ group, version }: { group: string; version: string }, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.')
}

/** The schemas of a custom resource and of its list, by name, as upstream's apiextensions-apiserver publishes them. */
export function customSchemas(definition: ResourceDefinition, dialect: Dialect): [name: string, schema: JsonSchema][] {
  const { group, version, kind } = definition
  const listKind = listKindOf(definition)
  const own = customTypeName(definition, kind)
  const selectable = Object.keys(definition.rules.selectableFields ?? {}).map((fieldPath) => ({ fieldPath }))
  const extensions = (kind: string) => ({
    'x-kubernetes-group-version-kind': [{ group, kind, version }],
    ...(selectable.length > 0 && { 'x-kubernetes-selectable-fields': selectable }),
  })
  const list: JsonSchema = {
    description: `${listKind} is a list of ${kind}`,
    type: 'object',
    required: ['items'],
    properties: {
      ...typeMeta(),
      items: { description: `The ${definition.plural}.`, type: 'array', items: referenceTo(own, dialect) },
      metadata: described(LIST_META, describeField(LIST_META, 'metadata'), dialect),
    },
    ...extensions(listKind),
  }
  return [
    [own, { ...objectSchema(definition.openApiSchema, dialect), ...extensions(kind) }],
    [customTypeName(definition, listKind), list],
  ]
}

/** Version 2 leaves an object that may hold anything open: kubectl takes each listed property for a full list of them. */
function objectSchema(schema: Props | undefined, dialect: Dialect): JsonSchema {
  if (!schema || (dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields'])) return { type: 'object' }
  const root = converted(schema, dialect)
  const properties = { ...(root.properties as JsonSchema | undefined), ...typeMeta(), metadata: metadata(dialect) }
  return { ...root, properties }
}

const typeMeta = (): JsonSchema => ({
  apiVersion: { description: describeField('', 'apiVersion'), type: 'string' },
  kind: { description: describeField('', 'kind'), type: 'string' },
})

const metadata = (dialect: Dialect): JsonSchema =>
  described(OBJECT_META, describeField(OBJECT_META, 'metadata'), dialect)

/** In version 3 a reference has nothing beside it. */
function described(name: string, description: string, dialect: Dialect): JsonSchema {
  const reference = referenceTo(name, dialect)
  return dialect === 'v2' ? { ...reference, description } : { allOf: [reference], description }
}

/** Keys that a published schema has in either form, with their values as they are. */
const COPIED = [
  'description',
  'type',
  'format',
  'title',
  'default',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'enum',
  'maxProperties',
  'minProperties',
  'required',
  'example',
  'externalDocs',
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
] as const

function converted(schema: Props, dialect: Dialect): JsonSchema {
  const copied: JsonSchema = {}
  for (const key of COPIED) {
    const value = schema[key]
    if (value !== undefined && value !== false && value !== '') copied[key] = value
  }
  const structure = { ...copied, ...structureOf(schema, dialect) }
  const result = dialect === 'v2' ? forVersion2(structure, schema) : { ...structure, ...junctorsOf(schema) }
  const isOpen = dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields']
  return schema['x-kubernetes-embedded-resource'] && !isOpen ? embedded(result, dialect) : result
}

function structureOf({ properties, items, additionalProperties }: Props, dialect: Dialect): JsonSchema {
  const item = Array.isArray(items) ? undefined : (items as Props | undefined)
  return {
    ...(item && { items: converted(item, dialect) }),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, property]) => [name, converted(property, dialect)]),
      ),
    }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'object'
          ? converted(additionalProperties as Props, dialect)
          : additionalProperties,
    }),
  }
}

const EITHER = [{ type: 'integer' }, { type: 'string' }]

/** Alternatives. Those of x-kubernetes-int-or-string are spelt out where the schema has none. */
function junctorsOf({ allOf, anyOf, oneOf, not, ...schema }: Props): JsonSchema {
  const spelt = schema['x-kubernetes-int-or-string'] && !anyOf && !allOf ? EITHER : anyOf
  return { ...(allOf && { allOf }), ...(spelt && { anyOf: spelt }), ...(oneOf && { oneOf }), ...(not && { not }) }
}

/**
 * What kubectl can make of a schema: it refuses properties and items beside null or unknown fields, arrays without items,
 * and a required field that may be null.
 */
function forVersion2(schema: JsonSchema, source: Props): JsonSchema {
  const { nullable, ...rest } = schema
  const isOpen = source['x-kubernetes-preserve-unknown-fields'] === true
  if (nullable) delete rest.type
  if (nullable || isOpen) {
    delete rest.items
    delete rest.properties
  }
  if ((rest.type === 'array' && rest.items === undefined) || (isOpen && rest.type === 'object')) delete rest.type
  const required = requiredInVersion2(source)
  if (required.length > 0) rest.required = required
  else delete rest.required
  return rest
}

function requiredInVersion2({ required = [], properties = {}, additionalProperties }: Props): string[] {
  if (typeof additionalProperties === 'object' && (additionalProperties as Props).nullable) return []
  return required.filter((name) => !properties[name]?.nullable)
}

/** An object within the object has a kind and metadata of its own. */
function embedded(schema: JsonSchema, dialect: Dialect): JsonSchema {
  const required = new Set([...((schema.required as string[] | undefined) ?? []), 'kind', 'apiVersion'])
  const properties = { ...(schema.properties as JsonSchema | undefined), ...typeMeta(), metadata: metadata(dialect) }
  return { ...schema, properties, required: [...required] }
}
