import { type Comparison, compare } from './compare.ts'
import { difference, type FieldSet, intersection, isEmpty, NOTHING, paths, union } from './field-set.ts'
import {
  type FieldConflict,
  FieldConflicts,
  type ManagedSet,
  type Managers,
  type OwnershipRules,
  type VersionedObject,
} from './managers.ts'
import { reconcile } from './reconcile.ts'

/** A change of an object that `manager` makes. Both are of the same version. */
export interface OwnershipChange {
  readonly live: VersionedObject
  readonly next: VersionedObject
  readonly managers: Managers
  readonly manager: string
}

/**
 * Who owns what after an update: its manager has what it added or changed and what it had and did not remove; all others
 * lose what was changed or removed. Upstream: Updater.Update of structured-merge-diff.
 */
export async function ownersAfterUpdate(change: OwnershipChange, rules: OwnershipRules): Promise<Managers> {
  const { live, next, manager } = change
  const current = await reconciled(change.managers, live, rules)
  const { managers, comparison } = await disowned({ ...change, managers: current, force: true }, rules)
  const before = managers.get(manager)?.fields ?? NOTHING
  const fields = rules.filter(union(difference(before, comparison.removed), comparison.set), next.apiVersion)
  return withManager(managers, manager, { fields, apiVersion: next.apiVersion, applied: false })
}

/**
 * What an update that nobody else has to do with makes its manager own: the first write of an object. `empty` is an object
 * of the type before anything was set in it.
 */
export function firstOwned(
  empty: VersionedObject,
  next: VersionedObject,
  rules: Pick<OwnershipRules, 'filter'>,
): FieldSet {
  const { added, modified } = compare(next.type, empty.value, next.value)
  return rules.filter(union(added, modified), next.apiVersion)
}

/**
 * The managers after the change, without what it took from all but its own manager; those with nothing left or whose version
 * is gone are dropped. Throws FieldConflicts when it took anything and was not forced. Comparisons are made once a version.
 */
export async function disowned(
  { live, next, managers, manager, force }: OwnershipChange & { readonly force: boolean },
  rules: OwnershipRules,
): Promise<{ managers: Managers; comparison: VersionedComparison }> {
  const comparisons = new Comparisons(live, next, rules)
  const comparison = comparisons.own
  const result = new Map<string, ManagedSet>()
  const conflicts: FieldConflict[] = []
  for (const [name, owned] of managers) {
    if (name === manager) {
      result.set(name, owned)
      continue
    }
    const changed = await comparisons.inVersion(owned.apiVersion)
    if (!changed) continue
    const taken = intersection(owned.fields, changed.set)
    if (!force) for (const path of paths(taken)) conflicts.push({ manager: name, path })
    const fields = difference(difference(owned.fields, taken), changed.removed)
    result.set(name, fields === owned.fields ? owned : { ...owned, fields })
  }
  if (conflicts.length > 0) throw new FieldConflicts(conflicts)
  for (const [name, { fields }] of result) if (isEmpty(fields)) result.delete(name)
  return { managers: result, comparison }
}

interface VersionedComparison extends Comparison {
  /** What was added or modified. */
  readonly set: FieldSet
}

/** The change as each version shows it, without the fields that the version's writers cannot own. */
class Comparisons {
  readonly own: VersionedComparison
  readonly #live: VersionedObject
  readonly #next: VersionedObject
  readonly #rules: OwnershipRules
  readonly #known = new Map<string, VersionedComparison | undefined>()

  constructor(live: VersionedObject, next: VersionedObject, rules: OwnershipRules) {
    this.#live = live
    this.#next = next
    this.#rules = rules
    this.own = this.#compared(live, next)
    this.#known.set(next.apiVersion, this.own)
  }

  /** Undefined for a version that is gone. */
  async inVersion(apiVersion: string): Promise<VersionedComparison | undefined> {
    if (this.#known.has(apiVersion)) return this.#known.get(apiVersion)
    const { converter } = this.#rules
    const live = await converter.convert(this.#live, apiVersion)
    const next = live && (await converter.convert(this.#next, apiVersion))
    const comparison = live && next ? this.#compared(live, next) : undefined
    this.#known.set(apiVersion, comparison)
    return comparison
  }

  #compared(live: VersionedObject, next: VersionedObject): VersionedComparison {
    const found = compare(live.type, live.value, next.value)
    const filter = (fields: FieldSet) => this.#rules.filter(fields, live.apiVersion)
    const [added, modified, removed] = [filter(found.added), filter(found.modified), filter(found.removed)]
    return { added, modified, removed, set: union(modified, added) }
  }
}

/** The managers with sets as today's schema has them; without those whose version is gone. */
export async function reconciled(
  managers: Managers,
  live: VersionedObject,
  { converter }: OwnershipRules,
): Promise<Managers> {
  const result = new Map<string, ManagedSet>()
  for (const [name, owned] of managers) {
    const { apiVersion } = owned
    const { type } = apiVersion === live.apiVersion ? live : ((await converter.convert(live, apiVersion)) ?? {})
    if (!type) continue
    const fields = reconcile(owned.fields, type)
    result.set(name, fields === owned.fields ? owned : { ...owned, fields })
  }
  return result
}

/** The managers with what one of them has now; it is dropped when that is nothing. */
export function withManager(managers: Managers, manager: string, owned: ManagedSet): Managers {
  const result = new Map(managers)
  if (isEmpty(owned.fields)) result.delete(manager)
  else result.set(manager, owned)
  return result
}
