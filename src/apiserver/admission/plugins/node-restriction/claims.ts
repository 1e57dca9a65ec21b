import { isDeepStrictEqual } from 'node:util'
import type { PersistentVolumeClaim } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { NodeCheck } from '../node-restriction.ts'

/** While it grows a volume, a node reports the claim's size and conditions, and nothing else. */
export const nodeClaims: NodeCheck = (node, { operation, subresource, object, old }) => {
  if (subresource !== 'status') {
    return `unexpected operation ${JSON.stringify(operation)} for node ${JSON.stringify(node)}, only status updates are allowed`
  }
  if (operation !== 'UPDATE') return `unexpected operation ${JSON.stringify(operation)}`
  const before = fixedPart(old as DeepReadonly<PersistentVolumeClaim>)
  if (isDeepStrictEqual(fixedPart(object as PersistentVolumeClaim), before)) return undefined
  return `node ${JSON.stringify(node)} is not allowed to update fields other than status.capacity and status.conditions`
}

/** A claim without what a node may change. */
function fixedPart({ metadata, status, ...rest }: DeepReadonly<PersistentVolumeClaim>) {
  const { managedFields: _fields, resourceVersion: _revision, ...identity } = metadata
  const {
    capacity: _capacity,
    conditions: _conditions,
    allocatedResources: _amounts,
    allocatedResourceStatuses: _states,
    modifyVolumeStatus: _modify,
    currentVolumeAttributesClassName: _class,
    ...fixed
  } = status ?? {}
  return structuredClone({ ...rest, metadata: identity, status: fixed })
}
