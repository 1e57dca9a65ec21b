import { additionalOf, isObject, itemsByPosition, itemsOf, type Schema } from '../schema.ts'

/** Every node of a schema, itself first: under structure and under logical junctors alike. Upstream: SchemaHas. */
export function nodesOf(schema: Schema): Schema[] {
  const nodes = [schema]
  for (const node of nodes) addChildren(node, nodes)
  return nodes
}

/** Most nodes have none: what is absent must cost nothing. */
function addChildren(schema: Schema, nodes: Schema[]): void {
  const { allOf, anyOf, oneOf, not, properties, patternProperties, definitions, items } = schema
  const { additionalProperties, additionalItems, dependencies } = schema
  if (items) add(nodes, itemsOf(schema), ...itemsByPosition(schema))
  if (additionalProperties) add(nodes, additionalOf(schema))
  if (isObject(additionalItems)) add(nodes, additionalItems as Schema)
  if (not) add(nodes, not)
  for (const alternatives of [allOf, anyOf, oneOf]) if (alternatives) add(nodes, ...alternatives)
  for (const named of [properties, patternProperties, definitions]) if (named) add(nodes, ...Object.values(named))
  if (dependencies) add(nodes, ...(Object.values(dependencies).filter(isObject) as Schema[]))
}

const add = (nodes: Schema[], ...more: readonly (Schema | undefined)[]): void => {
  for (const node of more) if (node) nodes.push(node)
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
