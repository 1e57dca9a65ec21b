import type { ObjectMeta } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'

type Protected = { metadata: ObjectMeta }

/**
 * What a protecting finalizer asks for: to be put on an object that lacks it, to be taken off (if nothing uses the object)
 * when the object is being deleted, or nothing.
 */
export function protectionPlan(
  object: DeepReadonly<Protected> | undefined,
  finalizer: string,
): 'protect' | 'release' | undefined {
  if (!object) return undefined
  const held = object.metadata.finalizers?.includes(finalizer) ?? false
  if (object.metadata.deletionTimestamp) return held ? 'release' : undefined
  return held ? undefined : 'protect'
}

export function withFinalizer<T extends Protected>(object: DeepReadonly<T>, finalizer: string): T {
  const copy = editable<T>(object)
  copy.metadata.finalizers = [...(copy.metadata.finalizers ?? []), finalizer]
  return copy
}

export function withoutFinalizer<T extends Protected>(object: DeepReadonly<T>, finalizer: string): T {
  const copy = editable<T>(object)
  copy.metadata.finalizers = (copy.metadata.finalizers ?? []).filter((held) => held !== finalizer)
  return copy
}
