import type { ApiObject } from '../../api/resource.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/**
 * Freezes an object at every depth, and takes out members that are undefined, which JSON does not have either. What lies
 * within a set of managed fields stays as it is: those are many small objects that nobody looks at, and freezing them would
 * cost as much as reading them.
 */
export function frozen<T extends ApiObject>(object: T): DeepReadonly<T> {
  for (const { fieldsV1 } of object.metadata.managedFields ?? []) Object.freeze(fieldsV1)
  freeze(object)
  return object as DeepReadonly<T>
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  const members = value as Record<string, unknown>
  for (const name in members) {
    if (members[name] === undefined) delete members[name]
    else freeze(members[name])
  }
  Object.freeze(value)
}
