import { difference, type FieldSet, intersection, isEmpty, isSubset, NOTHING, union } from './field-set.ts'
import type { ManagedSet, Managers, OwnershipRules, VersionedObject } from './managers.ts'
import { withNamedFields } from './named-fields.ts'
import { removeItems } from './remove-items.ts'
import { toFieldSet } from './to-field-set.ts'

export interface Pruning {
  /** The object with the new configuration merged in. */
  readonly merged: VersionedObject
  /** Who claims what, the new configuration included. */
  readonly managers: Managers
  readonly manager: string
  /** What the manager applied last time. */
  readonly last: ManagedSet
}

/**
 * The merged object without what the manager applied last time and nobody, itself included, claims now. What it never
 * applied stays. Upstream: Updater.prune of structured-merge-diff.
 */
export async function prune(pruning: Pruning, rules: OwnershipRules): Promise<VersionedObject> {
  const { merged, managers, manager, last } = pruning
  const now = managers.get(manager) as ManagedSet
  if (isEmpty(last.fields)) return merged
  if (last.apiVersion === now.apiVersion && isSubset(last.fields, now.fields)) return merged // all of it is claimed again
  const inVersion = await rules.converter.convert(merged, last.apiVersion)
  if (!inVersion) return merged
  const without = removed(inVersion, withNamedFields(last.fields, inVersion.type))
  const owned = await addOwned(inVersion, without, pruning, rules)
  const pruned = await addDangling(owned, last, rules)
  const result = await rules.converter.convert(pruned, merged.apiVersion)
  if (!result) throw new Error(`${merged.apiVersion} is not served any more`)
  return result
}

const removed = (object: VersionedObject, fields: FieldSet): VersionedObject => ({
  ...object,
  value: removeItems(object.type, object.value, fields) as VersionedObject['value'],
})

const namedFields = ({ type, value }: VersionedObject): FieldSet => withNamedFields(toFieldSet(type, value), type)

interface Halves {
  /** Everything, in the version that was looked at last. */
  readonly merged: VersionedObject
  readonly pruned: VersionedObject
}

/** Puts back what somebody owns, version by version; first in the one that fields were taken out in. */
async function addOwned(
  merged: VersionedObject,
  pruned: VersionedObject,
  { managers, last }: Pruning,
  rules: OwnershipRules,
): Promise<Halves> {
  const byVersion = new Map<string, FieldSet>()
  for (const { apiVersion, fields } of managers.values()) {
    byVersion.set(apiVersion, union(byVersion.get(apiVersion) ?? NOTHING, fields))
  }
  const isLast = (apiVersion: string): number => (apiVersion === last.apiVersion ? 0 : 1)
  const versions = [...byVersion.keys()].sort((left, right) => isLast(left) - isLast(right))
  let halves: Halves = { merged, pruned }
  for (const version of versions) {
    halves = await addOwnedInVersion(halves, version, byVersion.get(version) as FieldSet, rules)
  }
  return halves
}

async function addOwnedInVersion(
  halves: Halves,
  apiVersion: string,
  owned: FieldSet,
  { converter }: OwnershipRules,
): Promise<Halves> {
  const merged = await converter.convert(halves.merged, apiVersion)
  const pruned = merged && (await converter.convert(halves.pruned, apiVersion))
  if (!merged || !pruned) return halves
  const kept = union(namedFields(pruned), withNamedFields(owned, merged.type))
  return { merged, pruned: removed(merged, difference(namedFields(merged), kept)) }
}

/** Puts back all that was not applied last time. */
async function addDangling({ merged, pruned }: Halves, last: ManagedSet, { converter }: OwnershipRules) {
  const whole = await converter.convert(merged, last.apiVersion)
  const rest = await converter.convert(pruned, last.apiVersion)
  if (!whole || !rest) return merged
  const dropped = difference(namedFields(whole), namedFields(rest))
  return removed(whole, intersection(dropped, withNamedFields(last.fields, whole.type)))
}
