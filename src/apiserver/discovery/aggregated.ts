import type { GroupVersionKind } from '../../api/schema/schema.ts'
import { listedGroups } from './groups.ts'
import { compareVersions } from './order.ts'
import { type RemoteVersion, remoteResources } from './remote.ts'
import type { ShownResource } from './shown-resource.ts'
import { shownSubresourceVerbs, shownVerbs } from './verbs.ts'

/** apidiscovery.k8s.io: everything of /api or /apis in one answer (KEP-3352). */
export interface APIGroupDiscoveryList {
  readonly kind: 'APIGroupDiscoveryList'
  readonly apiVersion: string
  readonly metadata: Record<string, never>
  readonly items: readonly APIGroupDiscovery[]
}

interface APIGroupDiscovery {
  readonly metadata: { readonly name?: string }
  readonly versions: readonly {
    readonly version: string
    readonly resources: readonly APIResourceDiscovery[]
    readonly freshness: 'Current' | 'Stale'
  }[]
}

interface APISubresourceDiscovery {
  readonly subresource: string
  readonly responseKind: GroupVersionKind
  readonly verbs: readonly string[]
}

interface APIResourceDiscovery {
  readonly resource: string
  readonly responseKind: GroupVersionKind
  readonly scope: 'Namespaced' | 'Cluster'
  readonly singularResource: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly subresources?: readonly APISubresourceDiscovery[]
}

/** `GET /api` (`core`) or `/apis` as a client asks that knows aggregated discovery; v2beta1 is gone since v1.35. */
export function aggregatedDiscovery(
  served: readonly ShownResource[],
  { core, remote = [] }: { core: boolean; remote?: readonly RemoteVersion[] },
): APIGroupDiscoveryList {
  const shown = served.filter(({ group }) => (group === '') === core)
  const groups = core ? coreGroup(shown) : listedGroups(shown, remote)
  const local = Map.groupBy(shown, keyOf)
  const others = new Map(remote.map((entry) => [keyOf(entry), entry]))
  const items = groups.map(({ name, versions }) => ({
    metadata: name === '' ? {} : { name },
    versions: versions.map((version) => {
      const key = keyOf({ group: name, version })
      const other = others.get(key)
      return other ? remoteVersion(other) : localVersion(version, local.get(key) ?? [])
    }),
  }))
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items }
}

const keyOf = ({ group, version }: { group: string; version: string }): string => `${group}/${version}`

function coreGroup(shown: readonly ShownResource[]): { name: string; versions: string[] }[] {
  const versions = [...new Set(shown.map(({ version }) => version))].sort(compareVersions)
  return versions.length === 0 ? [] : [{ name: '', versions }]
}

type VersionDiscovery = APIGroupDiscovery['versions'][number]

function localVersion(version: string, entries: readonly ShownResource[]): VersionDiscovery {
  const sorted = [...entries].sort((left, right) => (left.plural < right.plural ? -1 : 1))
  return { version, resources: sorted.map(resourceDiscovery), freshness: 'Current' }
}

/** What a server told last stays shown while it is away, marked so that clients do not rely on it. */
const remoteVersion = (entry: RemoteVersion): VersionDiscovery => ({
  version: entry.version,
  resources: remoteResources(entry),
  freshness: entry.available ? 'Current' : 'Stale',
})

function resourceDiscovery(entry: ShownResource): APIResourceDiscovery {
  const { plural, singular, namespaced, shortNames, categories } = entry
  const subresources = Object.entries(entry.subresources).map(([subresource, sub]) => ({
    subresource,
    responseKind: kindOf(sub),
    verbs: shownSubresourceVerbs(subresource, sub),
  }))
  return {
    resource: plural,
    responseKind: kindOf(entry),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: shownVerbs(entry),
    ...(shortNames && { shortNames }),
    ...(categories && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.sort((left, right) => (left.subresource < right.subresource ? -1 : 1)),
    }),
  }
}

const kindOf = ({ group, version, kind }: GroupVersionKind): GroupVersionKind => ({ group, version, kind })
