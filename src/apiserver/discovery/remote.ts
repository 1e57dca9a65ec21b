import type { APIResource, APIResourceList } from '../../api/types/meta.v1.ts'

/** A group version that another server serves, as far as discovery shows it. */
export interface RemoteVersion {
  readonly group: string
  readonly version: string
  /** groupPriorityMinimum and versionPriority of its APIService: higher comes first. */
  readonly groupPriority: number
  readonly versionPriority: number
  /** As its server told last; absent when it never answered. */
  readonly resources?: APIResourceList
  readonly available: boolean
}

/** The resources that a server listed in classic discovery, in the form of aggregated discovery (KEP-3352). */
export function remoteResources({ group, version, resources }: RemoteVersion): RemoteResource[] {
  const listed = resources?.resources ?? []
  return listed
    .filter(({ name }) => !name.includes('/'))
    .map((entry) => {
      const subresources = listed
        .filter(({ name }) => name.startsWith(`${entry.name}/`))
        .map((sub) => ({
          subresource: sub.name.slice(entry.name.length + 1),
          responseKind: responseKind(sub, group, version),
          verbs: sub.verbs,
        }))
      return {
        resource: entry.name,
        responseKind: responseKind(entry, group, version),
        scope: entry.namespaced ? 'Namespaced' : 'Cluster',
        singularResource: entry.singularName,
        verbs: entry.verbs,
        ...(entry.shortNames && { shortNames: entry.shortNames }),
        ...(entry.categories && { categories: entry.categories }),
        ...(subresources.length > 0 && { subresources }),
      }
    })
}

type Kind = { readonly group: string; readonly version: string; readonly kind: string }

interface RemoteResource {
  readonly resource: string
  readonly responseKind: Kind
  readonly scope: 'Namespaced' | 'Cluster'
  readonly singularResource: string
  readonly verbs: readonly string[]
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly subresources?: readonly { subresource: string; responseKind: Kind; verbs: readonly string[] }[]
}

const responseKind = (entry: APIResource, group: string, version: string): Kind => ({
  group: entry.group ?? group,
  version: entry.version ?? version,
  kind: entry.kind,
})
