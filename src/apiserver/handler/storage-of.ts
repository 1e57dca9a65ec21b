import type { ResourceStorage } from '../registry/resource-storage.ts'
import type { ApiCall } from './call.ts'
import { methodNotAllowed } from './refusals.ts'

/** Where the objects of a call's resource are; 405 for resources that have none. */
export function storageOf({ resource }: Pick<ApiCall, 'resource'>): ResourceStorage {
  if (!resource.storage) throw methodNotAllowed()
  return resource.storage
}
