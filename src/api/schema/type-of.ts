import type { GroupVersionKind } from './schema.ts'
import { schemaTable } from './schema.ts'

let names: Map<string, string> | undefined

/** The name in the schema table of the type that a kind is; throws when there is none. */
export function typeOf(kind: GroupVersionKind): string {
  const name = findType(kind)
  if (name === undefined) throw new Error(`no type for ${kind.group}/${kind.version} ${kind.kind} in the schema table`)
  return name
}

/** The same for a kind that somebody named; undefined when there is none. */
export function findType({ group, version, kind }: GroupVersionKind): string | undefined {
  names ??= index()
  return names.get(`${group}/${version}/${kind}`)
}

/** Kinds of meta/v1, which belong to every group, are found under each. */
function index(): Map<string, string> {
  const found = new Map<string, string>()
  for (const { name, gvk } of schemaTable().types.values()) {
    for (const { group, version, kind } of gvk ?? []) found.set(`${group}/${version}/${kind}`, name)
  }
  return found
}
