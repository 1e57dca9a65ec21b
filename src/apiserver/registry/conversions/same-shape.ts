import type { ApiObject } from '../../../api/resource.ts'
import { groupVersion } from '../../../api/resource.ts'
import { editable } from '../../../base/deep-readonly.ts'
import type { Conversion } from './conversion.ts'

/** For versions of a kind that differ in nothing but their name (betas that graduated unchanged). */
export function sameShape(
  served: { group: string; version: string },
  stored: { group: string; version: string },
): Conversion {
  return {
    toStored: (object) => ({ ...editable<ApiObject>(object), apiVersion: groupVersion(stored) }),
    toServed: (object) => ({ ...editable<ApiObject>(object), apiVersion: groupVersion(served) }),
  }
}
