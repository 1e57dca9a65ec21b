import { sameJson } from '../../api/patch/json-value.ts'
import type { ApiObject } from '../../api/resource.ts'
import { sameMembers } from '../../api/same-members.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { type Entries, entriesOf, setEntries } from './entries-of.ts'

/**
 * Gives an updated object the managedFields of the old one when only their times differ and everything else is the same:
 * what changes nothing is not to be written. Upstream: IgnoreManagedFieldsTimestampsTransformer.
 */
export function keepTimes(object: ApiObject, old: DeepReadonly<ApiObject>): void {
  const [before, after] = [entriesOf(old), entriesOf(object)]
  if (before === after || !onlyTimesDiffer(before, after) || !isSameBeside(object, old)) return
  setEntries(object, before)
}

function onlyTimesDiffer(before: Entries, after: Entries): boolean {
  if (before.length !== after.length) return false
  return after.every((entry, index) => {
    const earlier = before[index]
    return entry === earlier || sameJson({ ...entry, time: '' }, { ...earlier, time: '' })
  })
}

function isSameBeside(object: ApiObject, old: DeepReadonly<ApiObject>): boolean {
  const { managedFields, resourceVersion } = object.metadata
  return sameMembers(object, { ...old, metadata: { ...old.metadata, managedFields, resourceVersion } })
}
