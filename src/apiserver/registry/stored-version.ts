import type { ResourceDefinition } from '../../api/resource.ts'
import { STORED_ELSEWHERE } from './conversions/index.ts'
import { compareVersions } from './runtime-config.ts'

/** The kind, as `plural.group`, as which a kind's objects are stored. */
export function storedName({ group, plural }: { readonly group: string; readonly plural: string }): string {
  const name = group === '' ? plural : `${plural}.${group}`
  return STORED_ELSEWHERE[name] ?? name
}

/** The version in which the kind of this name is stored: the most stable, newest one among those served. */
export function storedVersion(name: string, served: readonly ResourceDefinition[]): ResourceDefinition {
  const own = served.filter(({ group, plural }) => (group === '' ? plural : `${plural}.${group}`) === name)
  const [best] = own.sort((left, right) => compareVersions(left.version, right.version))
  if (!best) throw new Error(`no served version of ${name} to store`)
  return best
}
