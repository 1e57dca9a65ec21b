import { type JsonObject, sameJson } from '../json-value.ts'
import type { ManagedSet, Managers, OwnershipRules, VersionedObject } from './managers.ts'
import { merge } from './merge.ts'
import { disowned, reconciled } from './ownership.ts'
import { prune } from './prune.ts'
import { toFieldSet } from './to-field-set.ts'

/** A configuration that `manager` applies to an object; both are of the same version. */
export interface Application {
  readonly live: VersionedObject
  /** Has no `typeProblems`. */
  readonly config: VersionedObject
  readonly managers: Managers
  readonly manager: string
  readonly force: boolean
}

export interface Applied {
  /** Undefined when the object stays as it is. */
  readonly object: VersionedObject | undefined
  readonly managers: Managers
}

/**
 * Merges a configuration into an object, takes out what its manager applied last time, not now, and nobody else owns, and
 * works out who owns what then. Throws FieldConflicts. Upstream: Updater.Apply of structured-merge-diff.
 */
export async function applyConfiguration(application: Application, rules: OwnershipRules): Promise<Applied> {
  const { live, config, manager, force } = application
  const { apiVersion, type } = config
  const before = await reconciled(application.managers, live, rules)
  const merged = { apiVersion, type, value: merge(type, live.value, config.value) as JsonObject }
  const fields = rules.filter(toFieldSet(type, config.value), apiVersion)
  const owned: ManagedSet = { fields, apiVersion, applied: true }
  const claimed = new Map(before).set(manager, owned)
  const last = before.get(manager)
  const next = last ? await prune({ merged, managers: claimed, manager, last }, rules) : merged
  const { managers } = await disowned({ live, next, managers: claimed, manager, force }, rules)
  return { object: sameJson(live.value, next.value) ? undefined : next, managers }
}
