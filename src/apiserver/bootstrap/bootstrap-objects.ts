import { readFileSync } from 'node:fs'
import type { APIService } from '../../api/types/apiregistration.v1.ts'
import type { ConfigMap, Namespace } from '../../api/types/core.v1.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol.v1.ts'
import type { ServiceCIDR } from '../../api/types/networking.v1.ts'
import type { PriorityClass } from '../../api/types/scheduling.v1.ts'
import type { New } from '../../client/client.ts'
import { FRONT_PROXY_CLIENT } from '../authn/front-proxy.ts'
import { groupPriority } from '../discovery/order.ts'

/** The namespaces that every cluster has. The first three may not be deleted. */
export const SYSTEM_NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const

export function namespaces(): New<Namespace>[] {
  return SYSTEM_NAMESPACES.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, spec: {} }))
}

export function priorityClasses(): New<PriorityClass>[] {
  const node = 'Used for system critical pods that must not be moved from their current node.'
  const cluster =
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'
  return [
    priorityClass('system-node-critical', 2000001000, node),
    priorityClass('system-cluster-critical', 2000000000, cluster),
  ]
}

function priorityClass(name: string, value: number, description: string): New<PriorityClass> {
  return { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, description }
}

/** Tells extension API servers how to recognise clients and the aggregator. Both arguments are PEM. */
export function extensionAuthentication(clusterCa: string, frontProxyCa: string): New<ConfigMap> {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: {
      'client-ca-file': clusterCa,
      'requestheader-allowed-names': JSON.stringify([FRONT_PROXY_CLIENT]),
      'requestheader-client-ca-file': frontProxyCa,
      'requestheader-extra-headers-prefix': '["X-Remote-Extra-"]',
      'requestheader-group-headers': '["X-Remote-Group"]',
      'requestheader-uid-headers': '["X-Remote-Uid"]',
      'requestheader-username-headers': '["X-Remote-User"]',
    },
  }
}

export function serviceCidr(cidrs: readonly string[]): New<ServiceCIDR> {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name: 'kubernetes' },
    spec: { cidrs: [...cidrs] },
  }
}

/** API Priority and Fairness as upstream configures it. */
export function flowControl(): (New<FlowSchema> | New<PriorityLevelConfiguration>)[] {
  return JSON.parse(readFileSync(new URL('./data/flow-control.json', import.meta.url), 'utf8'))
}

const VERSION_PRIORITIES: Readonly<Record<string, number>> = {
  'autoscaling/v2': 30,
  '/v1': 1,
  'flowcontrol.apiserver.k8s.io/v1': 21,
}

/** The APIService of each built-in group and version that is served; the aggregator's own has none. */
export function apiServices(served: Iterable<{ group: string; version: string }>): New<APIService>[] {
  return [...served].filter(({ group }) => group !== 'apiregistration.k8s.io').map(apiService)
}

function apiService({ group, version }: { group: string; version: string }): New<APIService> {
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: {
      name: `${version}.${group}`,
      labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' },
    },
    spec: {
      ...(group !== '' && { group }),
      version,
      groupPriorityMinimum: groupPriority(group),
      versionPriority: VERSION_PRIORITIES[`${group}/${version}`] ?? versionPriority(version),
    },
  }
}

/** Stable versions before beta before alpha. */
function versionPriority(version: string): number {
  if (version.includes('alpha')) return 1
  return version.includes('beta') ? 9 : 15
}
