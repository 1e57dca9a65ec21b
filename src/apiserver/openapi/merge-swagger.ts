import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from './schemas.ts'

const REFERENCE = '#/definitions/'

/**
 * A document of version 2 with the paths and definitions of another one. What both have alike is shared; a definition that
 * the other has differently is renamed, `Name_v2`, with the references to it. Paths of the first win. Neither is changed.
 */
export function mergeSwagger(whole: JsonSchema, other: JsonSchema): JsonSchema {
  const definitions = { ...(whole.definitions as JsonSchema) }
  const names = renamed(definitions, (other.definitions ?? {}) as JsonSchema)
  const added = withReferences(other, names) as { definitions?: JsonSchema; paths?: JsonSchema }
  for (const [name, schema] of Object.entries(added.definitions ?? {})) {
    definitions[names.get(name) ?? name] ??= schema
  }
  return { ...whole, definitions, paths: { ...added.paths, ...(whole.paths as JsonSchema) } }
}

/** New names of the definitions that would hide others. */
function renamed(taken: JsonSchema, offered: JsonSchema): Map<string, string> {
  const names = new Map<string, string>()
  for (const [name, schema] of Object.entries(offered)) {
    if (taken[name] === undefined || isAlike(taken[name], schema)) continue
    let index = 2
    while (taken[`${name}_v${index}`] !== undefined || offered[`${name}_v${index}`] !== undefined) index++
    names.set(name, `${name}_v${index}`)
  }
  return names
}

/** Descriptions and the lists of kinds that share a type say nothing of its form. */
function isAlike(left: unknown, right: unknown): boolean {
  return isDeepStrictEqual(formOf(left), formOf(right))
}

function formOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(formOf)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(
    ([key, member]) =>
      !(key === 'description' && typeof member === 'string') && key !== 'x-kubernetes-group-version-kind',
  )
  return Object.fromEntries(kept.map(([key, member]) => [key, formOf(member)]))
}

function withReferences(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (names.size === 0) return value
  if (Array.isArray(value)) return value.map((item) => withReferences(item, names))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const target =
        key === '$ref' && typeof member === 'string' ? names.get(member.slice(REFERENCE.length)) : undefined
      return [key, target ? REFERENCE + target : withReferences(member, names)]
    }),
  )
}
