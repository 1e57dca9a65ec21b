import type { ResourceSlice } from '../../../../api/types/resource.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { AdmissionRequest } from '../../plugin.ts'
import type { NodeCheck } from '../node-restriction.ts'

const nameOf = ({ name, object }: AdmissionRequest): string => name || object?.metadata.name || ''

export const nodeLeases: NodeCheck = (node, request) => {
  if (request.namespace !== 'kube-node-lease') {
    return 'can only access leases in the "kube-node-lease" system namespace'
  }
  if (nameOf(request) === node) return undefined
  return 'can only access node lease with the same name as the requesting node'
}

export const nodeCsiNodes: NodeCheck = (node, request) =>
  nameOf(request) === node ? undefined : 'can only access CSINode with the same name as the requesting node'

export const nodeResourceSlices: NodeCheck = (node, { operation, object, old }) => {
  if (operation === 'CREATE') {
    if ((object as ResourceSlice).spec.nodeName === node) return undefined
    return 'can only create ResourceSlice with the same NodeName as the requesting node'
  }
  const before = old as DeepReadonly<ResourceSlice> | undefined
  if (operation !== 'DELETE' || !before || before.spec.nodeName === node) return undefined
  return 'can only delete ResourceSlice with the same NodeName as the requesting node'
}
