import { union } from './field-set.ts'
import { type Managed, managerId, secondsOf } from './managed-fields.ts'
import type { ManagedSet } from './managers.ts'

/** How many managers may have updated an object before the oldest are taken together. */
const MAX_UPDATERS = 10

/**
 * Takes the managers whose updates are the longest ago together as `ancient-changes`, one for each version, until there are
 * few enough. Changes what it is given. Upstream: capManagersManager.
 */
export function capManagers({ managers, times }: Managed): void {
  const updaters = [...managers].filter(([, { applied }]) => !applied).map(([id]) => id)
  if (updaters.length <= MAX_UPDATERS) return
  const seconds = (id: string): number => secondsOf(times.get(id))
  updaters.sort((left, right) => seconds(left) - seconds(right) || (left < right ? -1 : 1))
  const firstOf = new Map<string, string>()
  let count = updaters.length
  for (const id of updaters) {
    if (count <= MAX_UPDATERS) return
    const owned = managers.get(id) as ManagedSet
    const { apiVersion } = owned
    const first = firstOf.get(apiVersion)
    if (first === undefined) {
      firstOf.set(apiVersion, id) // nothing to take it together with yet
      continue
    }
    const bucket = managerId({ manager: 'ancient-changes', operation: 'Update', apiVersion })
    const earlier = managers.get(bucket) ?? managers.get(first)
    if (!managers.has(bucket)) managers.delete(first)
    managers.delete(id)
    managers.set(bucket, { ...owned, fields: union(owned.fields, earlier?.fields ?? {}) })
    setTime(times, bucket, times.get(id))
    count--
  }
}

/** That of the update taken in last, which is the most recent. */
function setTime(times: Managed['times'], id: string, time: string | undefined): void {
  if (time === undefined) times.delete(id)
  else times.set(id, time)
}
