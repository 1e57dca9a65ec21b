import type { ApiObject } from '../../api/resource.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { frozen } from './frozen.ts'
import { AFTER_REVISION, BEFORE_REVISION } from './metadata-order.ts'

/**
 * What decoding a stored value gives, from the object that `encodeStored` made it of: with the revision, in the same order of
 * fields, deeply frozen. Takes ownership.
 */
export function asStored<T extends ApiObject>(object: T, revision: number): DeepReadonly<T> {
  const { metadata } = object
  const ordered: Record<string, unknown> = {}
  for (const name of BEFORE_REVISION) if (metadata[name] !== undefined) ordered[name] = metadata[name]
  ordered.resourceVersion = String(revision)
  for (const name of AFTER_REVISION) if (metadata[name] !== undefined) ordered[name] = metadata[name]
  object.metadata = ordered as typeof metadata
  return frozen(object)
}
