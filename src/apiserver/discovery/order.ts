/** How groups are ordered in discovery, the most wanted first (upstream: kube-apiserver's apiVersionPriorities). */
const GROUP_PRIORITIES: Readonly<Record<string, number>> = {
  'apiregistration.k8s.io': 20000,
  '': 18000,
  apps: 17800,
  'events.k8s.io': 17750,
  'authentication.k8s.io': 17700,
  'authorization.k8s.io': 17600,
  autoscaling: 17500,
  batch: 17400,
  'certificates.k8s.io': 17300,
  'networking.k8s.io': 17200,
  policy: 17100,
  'rbac.authorization.k8s.io': 17000,
  'storage.k8s.io': 16800,
  'apiextensions.k8s.io': 16700,
  'admissionregistration.k8s.io': 16700,
  'scheduling.k8s.io': 16600,
  'coordination.k8s.io': 16500,
  'node.k8s.io': 16300,
  'discovery.k8s.io': 16200,
  'flowcontrol.apiserver.k8s.io': 16100,
  'internal.apiserver.k8s.io': 16000,
  'resource.k8s.io': 15900,
  'storagemigration.k8s.io': 15800,
}

/** What upstream registers for the groups of custom resources. */
const CUSTOM_PRIORITY = 1000

/** groupPriorityMinimum of a group's local APIServices. */
export const groupPriority = (group: string): number => GROUP_PRIORITIES[group] ?? CUSTOM_PRIORITY

const VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/
const STABILITY: Readonly<Record<string, number>> = { alpha: 0, beta: 1 }

/** Preferred first: v2, v1, v1beta2, v1beta1, v1alpha1, then names of no such form. Upstream: CompareKubeAwareVersionStrings. */
export function compareVersions(left: string, right: string): number {
  const a = VERSION.exec(left)
  const b = VERSION.exec(right)
  if (!a || !b) return a ? -1 : b ? 1 : left < right ? -1 : 1
  const stability = (match: RegExpExecArray) => STABILITY[match[2] ?? ''] ?? 2
  const part = (match: RegExpExecArray, index: number) => Number(match[index] ?? 0)
  return stability(b) - stability(a) || part(b, 1) - part(a, 1) || part(b, 3) - part(a, 3)
}
