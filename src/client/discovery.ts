import type { ResourceRef } from '../api/resource.ts'
import { schemaTable } from '../api/schema/schema.ts'
import type { APIGroupList, APIResourceList } from '../api/types/meta.v1.ts'

/** A resource that a server serves, in the first of its group's versions that has it. */
export interface DiscoveredResource extends ResourceRef {
  readonly kind: string
  readonly namespaced: boolean
  readonly verbs: readonly string[]
}

/** Finds what a server serves. Groups that could not be asked (an aggregated API that is down) are named in `failed`. */
export type Discover = (signal: AbortSignal) => Promise<{
  readonly resources: readonly DiscoveredResource[]
  /** Group version and why. */
  readonly failed: ReadonlyMap<string, string>
}>

/** Discovery over any way to get a path of the server. Upstream: ServerPreferredResources. */
export function discoverOver(get: (path: string, signal: AbortSignal) => Promise<unknown>): Discover {
  return async (signal) => {
    const { groups } = (await get('/apis', signal)) as APIGroupList
    const failed = new Map<string, string>()
    const ask = async (groupVersion: string) => {
      const path = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`
      try {
        return resourcesIn((await get(path, signal)) as APIResourceList)
      } catch (error) {
        failed.set(groupVersion, (error as Error).message)
        return []
      }
    }
    const groupVersions = groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))
    const all = await Promise.all(['v1', ...groupVersions].map(ask))
    return { resources: inFirstVersions(all.flat()), failed }
  }
}

/** Each resource once: the first in the order given, which has preferred versions first. */
export function inFirstVersions<R extends ResourceRef>(resources: Iterable<R>): R[] {
  const first = new Map<string, R>()
  for (const resource of resources) {
    const key = `${resource.group}/${resource.plural}`
    if (!first.has(key)) first.set(key, resource)
  }
  return [...first.values()]
}

function resourcesIn({ groupVersion, resources }: APIResourceList): DiscoveredResource[] {
  const [group = '', version = ''] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion]
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, verbs }) => ({ group, version, plural: name, kind, namespaced, verbs }))
}

/** The built-in resources in the stable versions of their groups, from the schema table: for a server without custom ones. */
export const discoverBuiltIn: Discover = async () => {
  const { resources, groups } = schemaTable()
  const preferred = new Map(
    groups.map(({ name, versions, preferred }) => [name, versions.includes('v1') ? 'v1' : preferred]),
  )
  const served = resources.filter(
    ({ group, version }) => (preferred.get(group) ?? 'v1') === version && /^v\d+$/.test(version),
  )
  return { resources: served, failed: new Map() }
}
