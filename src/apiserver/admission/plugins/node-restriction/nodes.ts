import { isDeepStrictEqual } from 'node:util'
import type { Node } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { NodeCheck } from '../node-restriction.ts'

type Labels = Readonly<Record<string, string>>

/** Labels that kubelets set; everything else under kubernetes.io and k8s.io is the administrators'. */
const KUBELET_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.kubernetes.io/region',
  'failure-domain.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'node.kubernetes.io/windows-build',
])
const KUBELET_NAMESPACES = ['kubelet.kubernetes.io', 'node.kubernetes.io']
const RESTRICTED = 'node-restriction.kubernetes.io'

/** A node registers and changes itself, but not its taints, its owners, nor labels that placement policies rest on. */
export const nodeNodes: NodeCheck = (node, request) => {
  const object = request.object as Node | undefined
  const name = request.name || object?.metadata.name || ''
  if (name !== node) return `node ${quote(node)} is not allowed to modify node ${quote(name)}`
  if (request.operation === 'CREATE' && object) return refusedCreate(node, object)
  if (request.operation === 'UPDATE' && object) return refusedUpdate(node, object, request.old as DeepReadonly<Node>)
  return undefined
}

function refusedCreate(node: string, { metadata, spec }: Node): string | undefined {
  if (spec.configSource) return `node ${quote(node)} is not allowed to create pods with a non-nil configSource`
  const labels = forbiddenLabels(metadata.labels ?? {}, {})
  if (labels.length === 0) return undefined
  return `node ${quote(node)} is not allowed to set the following labels: ${labels.join(', ')}`
}

function refusedUpdate(node: string, { metadata, spec }: Node, old: DeepReadonly<Node>): string | undefined {
  if (spec.configSource && !isDeepStrictEqual(spec.configSource, old.spec.configSource)) {
    return `node ${quote(node)} is not allowed to update configSource to a new non-nil configSource`
  }
  if (!isDeepStrictEqual(spec.taints ?? [], old.spec.taints ?? [])) {
    return `node ${quote(node)} is not allowed to modify taints`
  }
  if (!isDeepStrictEqual(metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? [])) {
    return `node ${quote(node)} is not allowed to modify ownerReferences`
  }
  const labels = forbiddenLabels(metadata.labels ?? {}, old.metadata.labels ?? {})
  if (labels.length === 0) return undefined
  return `is not allowed to modify labels: ${labels.join(', ')}`
}

/** Changed labels, sorted, that a kubelet may not touch. */
function forbiddenLabels(labels: Labels, old: Labels): string[] {
  const keys = new Set([...Object.keys(labels), ...Object.keys(old)])
  return [...keys].filter((key) => labels[key] !== old[key] && !isKubeletLabel(key)).sort()
}

/** Whether a kubelet may set or change this label on its Node. */
export function isKubeletLabel(key: string): boolean {
  const namespace = key.includes('/') ? (key.split('/', 1)[0] as string) : ''
  const within = (domain: string) => namespace === domain || namespace.endsWith(`.${domain}`)
  if (within(RESTRICTED)) return false
  if (!within('kubernetes.io') && !within('k8s.io')) return true
  return KUBELET_LABELS.has(key) || KUBELET_NAMESPACES.some(within)
}

const quote = (text: string): string => JSON.stringify(text)
