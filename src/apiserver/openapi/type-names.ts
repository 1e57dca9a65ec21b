import { listKindOf, type ResourceDefinition } from '../../api/resource.ts'
import type { GroupVersionKind } from '../../api/schema/schema.ts'
import { schemaTable } from '../../api/schema/schema.ts'
import { customTypeName } from './custom-schema.ts'

/** Whether a resource's schema comes from a CustomResourceDefinition rather than from the schema table. */
export const isCustom = ({ type }: Pick<ResourceDefinition, 'type'>): boolean => !schemaTable().types.has(type)

/** Name of a resource's own type in documents. */
export const ownTypeOf = (resource: ResourceDefinition): string =>
  isCustom(resource) ? customTypeName(resource, resource.kind) : resource.type

/** Name of a kind's list type, if it has one. */
export function listTypeOf(resource: ResourceDefinition): string | undefined {
  if (isCustom(resource)) return customTypeName(resource, listKindOf(resource))
  const name = `${resource.type}List`
  return schemaTable().types.has(name) ? name : undefined
}

let typesByKind: Map<string, string> | undefined

/** The table's type that stands for a kind; kinds such as PodExecOptions, which are query strings, have none. */
export function typeNameOf({ group, version, kind }: GroupVersionKind): string | undefined {
  typesByKind ??= new Map(
    [...schemaTable().types.values()].flatMap(({ name, gvk = [] }) =>
      gvk.filter((entry) => name.endsWith(`.${entry.kind}`)).map((entry) => [kindKey(entry), name]),
    ),
  )
  return typesByKind.get(kindKey({ group, version, kind }))
}

const kindKey = ({ group, version, kind }: GroupVersionKind): string => `${group}/${version}/${kind}`
