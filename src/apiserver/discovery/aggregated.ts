import type { GroupVersionKind, ResourceSchema } from '../../api/schema/schema.ts'
import { compareGroups, compareVersions } from './order.ts'
import { shownVerbs } from './verbs.ts'

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

export type AggregatedVersion = 'v2' | 'v2beta1'

/** `GET /api` (`core`) or `/apis` as a client asks that knows aggregated discovery. */
export function aggregatedDiscovery(
  served: readonly ResourceSchema[],
  { core, version }: { core: boolean; version: AggregatedVersion },
): APIGroupDiscoveryList {
  const shown = served.filter(({ group }) => (group === '') === core)
  const names = [...new Set(shown.map(({ group }) => group))].sort(compareGroups)
  const items = names.map((name) =>
    groupDiscovery(
      name,
      shown.filter(({ group }) => group === name),
    ),
  )
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items }
}

function groupDiscovery(name: string, entries: readonly ResourceSchema[]): APIGroupDiscovery {
  const versions = [...new Set(entries.map(({ version }) => version))].sort(compareVersions)
  return {
    metadata: name === '' ? {} : { name },
    versions: versions.map((version) => ({
      version,
      resources: entries
        .filter((entry) => entry.version === version)
        .sort((left, right) => (left.plural < right.plural ? -1 : 1))
        .map(resourceDiscovery),
      freshness: 'Current',
    })),
  }
}

function resourceDiscovery(entry: ResourceSchema): APIResourceDiscovery {
  const { plural, singular, namespaced, verbs, shortNames, categories } = entry
  const subresources = Object.entries(entry.subresources).map(([subresource, sub]) => ({
    subresource,
    responseKind: kindOf(sub),
    verbs: shownVerbs(subresource, sub),
  }))
  return {
    resource: plural,
    responseKind: kindOf(entry),
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames && { shortNames }),
    ...(categories && { categories }),
    ...(subresources.length > 0 && {
      subresources: subresources.sort((left, right) => (left.subresource < right.subresource ? -1 : 1)),
    }),
  }
}

const kindOf = ({ group, version, kind }: GroupVersionKind): GroupVersionKind => ({ group, version, kind })
