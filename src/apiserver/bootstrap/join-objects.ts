import { CLUSTER_INFO, CLUSTER_INFO_KUBECONFIG, NETWORK_CONFIG } from '../../api/cluster-info.ts'
import type { ConfigMap } from '../../api/types/core.v1.ts'
import type { New } from '../../client/client.ts'

/** Addresses of pods and Services, and of the DNS that pods ask. */
export interface NetworkFacts {
  readonly clusterCIDR: string
  readonly serviceCIDR: string
  readonly dnsIP: string
}

/**
 * By what a node that joins knows the cluster: a kubeconfig with its authority and no user, which bootstrap-signer signs.
 * JSON, which is YAML. The server is that of who wrote it first: all of a cluster have one authority.
 */
export function clusterInfo(server: string, clusterCa: string): New<ConfigMap> {
  const cluster = { 'certificate-authority-data': Buffer.from(clusterCa).toString('base64'), server }
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: '', cluster }],
    contexts: null,
    'current-context': '',
    preferences: {},
    users: null,
  }
  const text = `${JSON.stringify(kubeconfig, null, 2)}\n`
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...CLUSTER_INFO },
    data: { [CLUSTER_INFO_KUBECONFIG]: text },
  }
}

/** Whether the data of cluster-info is of this authority, whichever server it names. */
export const vouchesFor =
  (clusterCa: string) =>
  (data: Readonly<Record<string, string>>): boolean =>
    data[CLUSTER_INFO_KUBECONFIG]?.includes(Buffer.from(clusterCa).toString('base64')) ?? false

/** What a node prepares its network by. Written once: a cluster keeps its networks. */
export function networkConfig({ clusterCIDR, serviceCIDR, dnsIP }: NetworkFacts): New<ConfigMap> {
  const data = { clusterCIDR, serviceCIDR, clusterDNS: dnsIP, clusterDomain: 'cluster.local' }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...NETWORK_CONFIG }, data }
}
