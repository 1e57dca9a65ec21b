/**
 * API groups in the order of the priorities that upstream registers for them; among equals by name. Others (custom
 * resources) come after these, by name.
 */
const GROUPS = [
  '',
  'apiregistration.k8s.io',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
  'flowcontrol.apiserver.k8s.io',
  'internal.apiserver.k8s.io',
  'resource.k8s.io',
  'storagemigration.k8s.io',
]

const rank = (group: string): number => {
  const index = GROUPS.indexOf(group)
  return index < 0 ? GROUPS.length : index
}

export const compareGroups = (left: string, right: string): number =>
  rank(left) - rank(right) || (left < right ? -1 : left > right ? 1 : 0)

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
