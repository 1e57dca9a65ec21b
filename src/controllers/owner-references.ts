import type { ApiObject } from '../api/resource.ts'
import type { OwnerReference } from '../api/types/meta.v1.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'

type Owned = DeepReadonly<{ metadata: { ownerReferences?: OwnerReference[] } }>

/** The reference to the object's managing controller; an object has at most one. */
export function controllerOf({ metadata }: Owned): DeepReadonly<OwnerReference> | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller)
}

export function isControlledBy(object: Owned, uid: string): boolean {
  return controllerOf(object)?.uid === uid
}

/** Group, version and kind, which a controller knows of its objects whatever they carry. */
export interface OwnerKind {
  readonly apiVersion: string
  readonly kind: string
}

/** The reference that marks a dependent as managed by `owner` and holds its foreground deletion back. */
export function controllerReference(
  owner: DeepReadonly<ApiObject>,
  { apiVersion, kind }: OwnerKind,
): Required<OwnerReference> {
  const { name = '', uid = '' } = owner.metadata
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}
