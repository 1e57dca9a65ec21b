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

function freeze(value: object): void {
  if (Object.isFrozen(value)) return
  if (Array.isArray(value)) for (const item of value) freezeNested(item)
  else freezeMembers(value as Record<string, unknown>)
  Object.freeze(value)
}

function freezeMembers(members: Record<string, unknown>): void {
  for (const name in members) {
    const member = members[name]
    if (member === undefined) delete members[name]
    else freezeNested(member)
  }
}

function freezeNested(value: unknown): void {
  if (typeof value === 'object' && value !== null) freeze(value)
}
