import type { GroupResource } from '../../api/status-error.ts'

/** Where upstream's storage path is not the plural (pkg/registry, genericapiserver storage factory overrides). */
const UNUSUAL: Readonly<Record<string, string>> = {
  replicationcontrollers: 'controllers',
  endpoints: 'services/endpoints',
  nodes: 'minions',
  services: 'services/specs',
  'ingresses.networking.k8s.io': 'ingress',
  'events.k8s.io/events': 'events',
}

/** Groups whose resources are not stored under their plural alone: their names could meet those of other groups. */
const GROUPED: ReadonlySet<string> = new Set([
  'apiextensions.k8s.io',
  'apiregistration.k8s.io',
  'resource.k8s.io',
  'internal.apiserver.k8s.io',
])

/** The key prefix of a resource in the store, as in etcd below a real API server: `/registry/minions/`. */
export function storagePrefix({ group, plural }: GroupResource): string {
  const path = UNUSUAL[group === '' ? plural : `${plural}.${group}`] ?? plural
  return GROUPED.has(group) ? `/registry/${group}/${path}/` : `/registry/${path}/`
}
