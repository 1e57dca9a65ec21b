import type { ApiObject, ResourceDefinition } from '../resource.ts'
import { schemaTable } from '../schema/schema.ts'

/**
 * The kinds that have rules of their own, one line each. A kind is `defineResource` in its file and a line here;
 * resources of the schema table that are not listed are served with the table's facts alone.
 */
// biome-ignore lint/suspicious/noExplicitAny: a list of definitions of different object types
const definitions: readonly ResourceDefinition<any>[] = []

let resources: readonly ResourceDefinition[] | undefined

/** Every built-in resource of every version in the schema table, in its order. Built once, on first use. */
export function builtinResources(): readonly ResourceDefinition[] {
  resources ??= merged()
  return resources
}

function merged(): ResourceDefinition[] {
  const known = new Map(
    definitions.map((definition) => [keyOf(definition), definition as ResourceDefinition<ApiObject>]),
  )
  return schemaTable().resources.map((schema) => known.get(keyOf(schema)) ?? { ...schema, rules: {} })
}

const keyOf = ({ group, version, plural }: { group: string; version: string; plural: string }): string =>
  `${group}/${version}/${plural}`
