import type { ResourceDefinition } from '../../api/resource.ts'
import { groupVersion } from '../../api/resource.ts'
import { type Discover, type DiscoveredResource, inFirstVersions } from '../../client/discovery.ts'
import { listedGroups } from './groups.ts'
import type { RemoteVersion } from './remote.ts'

export interface ServedSources {
  /** What the registry serves; a new array whenever that has changed. */
  readonly definitions: () => readonly ResourceDefinition[]
  /** What other servers serve, as far as their answers are needed to know everything. */
  readonly remote: () => readonly RemoteVersion[]
}

/**
 * Discovery for parts in the server's process: what is served now, custom resources included, without a request. Resources of
 * other servers are not among it, as the in-process transport does not reach those; one that is down is told as failed, since
 * nobody can know then that nothing is left there.
 */
export function discoverServed({ definitions, remote }: ServedSources): Discover {
  let known:
    | { readonly of: readonly ResourceDefinition[]; readonly resources: readonly DiscoveredResource[] }
    | undefined
  return async () => {
    const served = definitions()
    if (known?.of !== served) known = { of: served, resources: preferred(served) }
    const failed = new Map<string, string>()
    for (const entry of remote()) {
      if (!entry.available) failed.set(groupVersion(entry), `stale GroupVersion discovery: ${groupVersion(entry)}`)
    }
    return { resources: known.resources, failed }
  }
}

/** Each resource in the first of its group's versions that has it. */
function preferred(served: readonly ResourceDefinition[]): DiscoveredResource[] {
  const byGroupVersion = Map.groupBy(served, groupVersion)
  const groupVersions = listedGroups(served, []).flatMap(({ name, versions }) =>
    versions.map((version) => groupVersion({ group: name, version })),
  )
  return inFirstVersions(['v1', ...groupVersions].flatMap((name) => byGroupVersion.get(name) ?? []))
}
