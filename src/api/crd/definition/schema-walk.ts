import { additionalOf, isObject, itemsByPosition, itemsOf, type Schema } from '../schema.ts'

/** Every node of a schema, itself first: under structure and under logical junctors alike. Upstream: SchemaHas. */
export function* nodesOf(schema: Schema): Generator<Schema> {
  yield schema
  for (const below of childrenOf(schema)) yield* nodesOf(below)
}

function childrenOf(schema: Schema): Schema[] {
  const { allOf = [], anyOf = [], oneOf = [], not, properties = {}, patternProperties = {}, definitions = {} } = schema
  const { additionalItems, dependencies = {} } = schema
  const maybe = [itemsOf(schema), not, additionalOf(schema), isObject(additionalItems) ? additionalItems : undefined]
  return [
    ...(maybe.filter((one) => one !== undefined) as Schema[]),
    ...itemsByPosition(schema),
    ...allOf,
    ...anyOf,
    ...oneOf,
    ...Object.values(properties),
    ...Object.values(patternProperties),
    ...Object.values(definitions),
    ...(Object.values(dependencies).filter(isObject) as Schema[]),
  ]
}

/** Does any node of a schema have a property. */
export function anyNode(schema: Schema, has: (node: Schema) => boolean): boolean {
  for (const node of nodesOf(schema)) if (has(node)) return true
  return false
}

/** Is a member of a schema set: to more than its type's zero value. */
export const isSet = (value: unknown): boolean =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  value !== '' &&
  !(Array.isArray(value) && value.length === 0)
