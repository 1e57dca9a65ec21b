import type { ApiObject } from '../../../api/resource.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'

/** How one served version of a kind becomes another. Pure: inputs are shared and frozen, results are the caller's. */
export interface Conversion<Served extends ApiObject = ApiObject, Stored extends ApiObject = ApiObject> {
  toStored(served: DeepReadonly<Served>): Stored
  toServed(stored: DeepReadonly<Stored>): Served
}
