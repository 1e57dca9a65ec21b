import type { Condition } from '../../api/types/meta.v1.ts'
import type {
  StorageVersionMigration,
  StorageVersionMigrationStatus,
} from '../../api/types/storagemigration.v1beta1.ts'
import { timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'

type Migration = DeepReadonly<StorageVersionMigration>

/** The conditions of a migration (storagemigration.k8s.io MigrationConditionType). */
export type MigrationCondition = 'Running' | 'Succeeded' | 'Failed'

/**
 * What is to be done next about a migration: note the revision that it has to reach, begin it, rewrite the objects, leave its
 * traces behind, or nothing until something changes.
 */
export type MigrationStep = 'note-revision' | 'begin' | 'rewrite' | 'clean-up' | 'wait'

/** `all`: every migration there is, this one included. */
export function migrationStep(migration: Migration, all: readonly Migration[]): MigrationStep {
  if (isOver(migration))
    return migration.status?.conditions?.some(({ type }) => type === 'Running') ? 'clean-up' : 'wait'
  if (!migration.status?.resourceVersion) return 'note-revision'
  if (has(migration, 'Running')) return 'rewrite'
  const rivals = all.filter((other) => isOfSameResource(other, migration))
  if (rivals.some((other) => has(other, 'Running'))) return 'wait'
  const [first] = rivals.filter((other) => !isOver(other)).sort(byAge)
  return first?.metadata.name === migration.metadata.name ? 'begin' : 'wait'
}

export const isOver = (migration: Migration): boolean => has(migration, 'Succeeded') || has(migration, 'Failed')

export const hasSucceeded = (migration: Migration): boolean => has(migration, 'Succeeded')

const has = ({ status }: Migration, type: MigrationCondition): boolean =>
  status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false

export const isOfSameResource = (one: Migration, other: Migration): boolean =>
  one.spec.resource.group === other.spec.resource.group && one.spec.resource.resource === other.spec.resource.resource

/** Times are whole seconds: among equals the name decides. */
function byAge({ metadata: left }: Migration, { metadata: right }: Migration): number {
  const [a, b] = [left.creationTimestamp ?? '', right.creationTimestamp ?? '']
  if (a !== b) return a < b ? -1 : 1
  return (left.name ?? '') < (right.name ?? '') ? -1 : 1
}

/** The status with a further condition; one that is over runs no longer. `now` in ms since the epoch. */
export function withCondition(
  migration: Migration,
  condition: { type: MigrationCondition; reason: string; message: string },
  now: number,
): StorageVersionMigrationStatus {
  const status = editable<StorageVersionMigrationStatus>(migration.status)
  const isEnd = condition.type !== 'Running'
  const conditions = (status.conditions ?? []).map((one): Condition => {
    return isEnd && one.type === 'Running' ? { ...one, status: 'False' } : one
  })
  conditions.push({ ...condition, status: 'True', lastTransitionTime: timestamp(now) })
  return { ...status, conditions }
}

export function withoutRunning(migration: Migration): StorageVersionMigrationStatus {
  const status = editable<StorageVersionMigrationStatus>(migration.status)
  return { ...status, conditions: (status.conditions ?? []).filter(({ type }) => type !== 'Running') }
}
