import { createHash } from 'node:crypto'
import { compareVersions } from './order.ts'
import type { ShownResource } from './shown-resource.ts'

export interface StorageVersion {
  readonly group: string
  readonly version: string
}

/**
 * The group and version in which objects are encoded in the store; of the versions served, the one upstream prefers. Custom
 * resources tell it themselves; undefined when that version is not served.
 */
export function storageVersion(
  { group, plural, storageVersion: own }: Pick<ShownResource, 'group' | 'plural' | 'storageVersion'>,
  served: readonly ShownResource[],
): StorageVersion | undefined {
  if (plural === 'events') return { group: '', version: 'v1' } // both groups show the same objects
  const versions = served
    .filter((entry) => entry.group === group && entry.plural === plural)
    .map(({ version }) => version)
  if (own !== undefined) return versions.includes(own) ? { group, version: own } : undefined
  return { group, version: versions.sort(compareVersions)[0] ?? '' }
}

/** How discovery tells clients that the encoding changed: the first 8 bytes of a SHA-256 of group, version and kind. */
export function storageVersionHash({ group, version }: StorageVersion, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}
