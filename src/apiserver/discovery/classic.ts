import { groupVersion } from '../../api/resource.ts'
import type { APIGroup, APIGroupList, APIResource, APIResourceList, APIVersions } from '../../api/types/meta.v1.ts'
import { type ListedGroup, listedGroups } from './groups.ts'
import { compareVersions } from './order.ts'
import type { RemoteVersion } from './remote.ts'
import type { ShownResource } from './shown-resource.ts'
import { storageVersion, storageVersionHash } from './storage-version.ts'
import { shownSubresourceVerbs, shownVerbs } from './verbs.ts'

type Served = readonly ShownResource[]

/** `GET /api`. `serverAddress` is host:port for clients. */
export function coreVersions(served: Served, serverAddress: string): APIVersions {
  return {
    kind: 'APIVersions',
    versions: versionsOf(served, ''),
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  }
}

/** `GET /apis`: the groups with their versions, preferred first. */
export function groupList(served: Served, remote: readonly RemoteVersion[] = []): APIGroupList {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: listedGroups(served, remote).map(groupEntry) }
}

/** `GET /apis/GROUP`, undefined when nothing of the group is served. */
export function group(served: Served, name: string, remote: readonly RemoteVersion[] = []): APIGroup | undefined {
  const isOf = (entry: { group: string }): boolean => entry.group === name
  const [listed] = name === '' ? [] : listedGroups(served.filter(isOf), remote.filter(isOf))
  return listed && { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(listed) }
}

function groupEntry({ name, versions }: ListedGroup): APIGroupList['groups'][number] {
  const entries = versions.map((version) => ({ groupVersion: groupVersion({ group: name, version }), version }))
  return { name, versions: entries, preferredVersion: entries[0] as (typeof entries)[number] }
}

function versionsOf(served: Served, name: string): string[] {
  const versions = served.filter((entry) => entry.group === name).map(({ version }) => version)
  return [...new Set(versions)].sort(compareVersions)
}

/** `GET /api/VERSION` or `/apis/GROUP/VERSION`, undefined when it is not served. */
export function resourceList(served: Served, at: { group: string; version: string }): APIResourceList | undefined {
  const here = served.filter((entry) => entry.group === at.group && entry.version === at.version)
  if (here.length === 0) return undefined
  const resources = here.flatMap((entry) => [resource(entry, served), ...subresources(entry)])
  return {
    kind: 'APIResourceList',
    ...(at.group !== '' && { apiVersion: 'v1' }),
    groupVersion: groupVersion(at),
    resources: resources.sort((left, right) => (left.name < right.name ? -1 : 1)),
  }
}

function resource(entry: ShownResource, served: Served): APIResource {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = entry
  const stored = verbs.includes('list') && verbs.includes('create') ? storageVersion(entry, served) : undefined
  return {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: [...shownVerbs(entry)],
    ...(shortNames && { shortNames: [...shortNames] }),
    ...(categories && { categories: [...categories] }),
    ...(stored && { storageVersionHash: storageVersionHash(stored, kind) }),
  }
}

/** Group and version of a subresource's kind are given where they are not those of the resource. */
function subresources({ plural, namespaced, group, version, subresources }: ShownResource): APIResource[] {
  return Object.entries(subresources).map(([name, sub]) => ({
    name: `${plural}/${name}`,
    singularName: '',
    namespaced,
    ...((sub.group !== group || sub.version !== version) && { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: [...shownSubresourceVerbs(name, sub)],
  }))
}
