import type { ApiObject } from '../../api/resource.ts'
import type { CustomResourceDefinition } from '../../api/types/apiextensions.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { DeletionStep } from '../handler/graceful-deletion.ts'
import { withCondition } from './conditions.ts'

/** Holds a definition until its custom resources are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io'

/**
 * The first delete of a definition marks it and has its objects cleaned up; further ones are as for anything else
 * (undefined). Upstream: registry/customresourcedefinition REST.Delete.
 */
export function definitionDeletionStep(current: DeepReadonly<ApiObject>, now: number): DeletionStep | undefined {
  if (current.metadata.deletionTimestamp) return undefined
  const definition = editable<CustomResourceDefinition>(current as never)
  const { metadata, status } = definition
  metadata.deletionTimestamp = timestamp(now)
  if (!metadata.finalizers?.includes(CLEANUP_FINALIZER)) {
    metadata.finalizers = [...(metadata.finalizers ?? []), CLEANUP_FINALIZER]
  }
  const conditions = withCondition(status.conditions ?? [], PENDING, now)
  definition.status = { ...status, conditions } as CustomResourceDefinition['status']
  return { kind: 'mark', object: definition as ApiObject, thenRemove: false }
}

const PENDING = {
  type: 'Terminating',
  status: 'True',
  reason: 'InstanceDeletionPending',
  message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
} as const
