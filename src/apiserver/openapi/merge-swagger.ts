import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from './schemas.ts'
import type { Version2Content } from './version2-part.ts'

const REFERENCE = '#/definitions/'

/** The definition of that name in the documents merged so far. */
export type Taken = (name: string) => JsonSchema | undefined

/**
 * What another document of version 2 adds to what is there. Definitions that both have alike are shared; one that the other
 * has differently is renamed, `Name_v2`, with the references to it. Upstream: kube-openapi's aggregator.
 */
export function additionsOf(other: JsonSchema, taken: Taken): Version2Content {
  const offered = (other.definitions ?? {}) as Record<string, JsonSchema>
  const names = renamed(offered, taken)
  const paths = withReferences(other.paths ?? {}, names) as JsonSchema
  const added = Object.entries(offered).filter(([name]) => names.has(name) || !taken(name))
  const definitions = added.map(([name, schema]) => [names.get(name) ?? name, withReferences(schema, names)])
  return { paths, definitions: Object.fromEntries(definitions) }
}

/** New names of the definitions that would hide others. */
function renamed(offered: Readonly<Record<string, JsonSchema>>, taken: Taken): Map<string, string> {
  const names = new Map<string, string>()
  for (const [name, schema] of Object.entries(offered)) {
    const there = taken(name)
    if (!there || isAlike(there, schema)) continue
    let index = 2
    while (taken(`${name}_v${index}`) || offered[`${name}_v${index}`]) index++
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
