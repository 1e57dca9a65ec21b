import type { ApiObject, ResourceDefinition } from '../../api/resource.ts'
import type { Namespace } from '../../api/types/core.v1.ts'
import type { DeleteOptions } from '../../api/types/meta.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import { type DeletionStep, propagation } from './graceful-deletion.ts'

/**
 * A namespace goes in two steps: the first delete makes it Terminating, the namespace controller empties it and takes off
 * `spec.finalizers`; then it is deleted as anything else (undefined). Upstream: registry/core/namespace/storage.
 */
export function namespaceDeletionStep(
  definition: ResourceDefinition,
  current: DeepReadonly<ApiObject>,
  options: DeleteOptions,
  now: number,
): DeletionStep | undefined {
  const namespace = current as DeepReadonly<Namespace>
  if (!namespace.metadata.deletionTimestamp)
    return { kind: 'mark', object: terminating(definition, namespace, options, now), thenRemove: false }
  return namespace.spec?.finalizers?.length ? { kind: 'wait' } : undefined
}

function terminating(
  definition: ResourceDefinition,
  current: DeepReadonly<Namespace>,
  options: DeleteOptions,
  now: number,
): ApiObject {
  const namespace = editable<Namespace>(current)
  const { metadata } = namespace
  metadata.deletionTimestamp = timestamp(now)
  namespace.status = { ...namespace.status, phase: 'Terminating' }
  const policy = propagation(definition, metadata.finalizers ?? [], options)
  const wanted = policy === 'Orphan' ? 'orphan' : policy === 'Foreground' ? 'foregroundDeletion' : undefined
  const others = (metadata.finalizers ?? []).filter((name) => name !== 'orphan' && name !== 'foregroundDeletion')
  const finalizers = wanted === undefined ? others : [...others, wanted]
  if (finalizers.length > 0) metadata.finalizers = finalizers
  else delete metadata.finalizers
  return namespace
}
