import { createHash } from 'node:crypto'
import type { ResourceSchema } from '../../api/schema/schema.ts'
import { compareVersions } from './order.ts'

export interface StorageVersion {
  readonly group: string
  readonly version: string
}

/** The group and version in which objects are encoded in the store; of the versions served, the one upstream prefers. */
export function storageVersion(
  { group, plural }: Pick<ResourceSchema, 'group' | 'plural'>,
  served: readonly ResourceSchema[],
): StorageVersion {
  if (plural === 'events') return { group: '', version: 'v1' } // both groups show the same objects
  const versions = served
    .filter((entry) => entry.group === group && entry.plural === plural)
    .map(({ version }) => version)
  return { group, version: versions.sort(compareVersions)[0] ?? '' }
}

/** How discovery tells clients that the encoding changed: the first 8 bytes of a SHA-256 of group, version and kind. */
export function storageVersionHash({ group, version }: StorageVersion, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}
