import type { GroupResource } from '../../api/status-error.ts'

/** Where upstream's storage path is not the plural (pkg/kubeapiserver, special default resource prefixes). */
const UNUSUAL: Readonly<Record<string, string>> = {
  replicationcontrollers: 'controllers',
  endpoints: 'services/endpoints',
  nodes: 'minions',
  services: 'services/specs',
  'ingresses.networking.k8s.io': 'ingress',
}

/** Groups whose servers keep their resources below their group's name. */
const GROUPED: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

/**
 * The key prefix of a built-in resource in the store, as in etcd below a real API server: `/registry/minions/`. Custom
 * resources lie below `/registry/<group>/<plural>/`.
 */
export function storagePrefix({ group, plural }: GroupResource): string {
  const path = UNUSUAL[group === '' ? plural : `${plural}.${group}`] ?? plural
  return GROUPED.has(group) ? `/registry/${group}/${path}/` : `/registry/${path}/`
}
