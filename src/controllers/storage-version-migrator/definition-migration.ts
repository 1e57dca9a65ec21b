import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionStatus,
} from '../../api/types/apiextensions.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'

type Definition = DeepReadonly<CustomResourceDefinition>

const TYPE = 'StorageMigrating'

/** What a definition says while the migration of this name runs. `now` in ms since the epoch. */
export function whileMigrating(definition: Definition, name: string, now: number): CustomResourceDefinitionStatus {
  const said = { status: 'True', reason: 'MigrationRunning', message: `Migration ${name} is running` } as const
  return withMigrating(definition, said, now)
}

/**
 * What a definition says of a migration that is over. Its stored versions are the storage version alone from then on, unless
 * it changed since the migration began: then objects may be stored otherwise again.
 */
export function afterMigration(
  definition: Definition,
  succeeded: boolean,
  now: number,
): CustomResourceDefinitionStatus {
  const begun = definition.status.conditions?.find(({ type }) => type === TYPE)
  const isUnchanged =
    begun?.observedGeneration !== undefined && begun.observedGeneration === definition.metadata.generation
  const updated = isUnchanged
    ? 'and the stored versions have been updated'
    : 'but the stored versions have not been updated due to a generation mismatch'
  const said = succeeded
    ? ({ status: 'False', reason: 'MigrationSucceeded', message: `The migration has succeeded ${updated}` } as const)
    : ({ status: 'True', reason: 'MigrationFailed', message: 'The migration has failed' } as const)
  const status = withMigrating(definition, said, now)
  if (!isUnchanged || !succeeded) return status
  return {
    ...status,
    storedVersions: definition.spec.versions.filter(({ storage }) => storage).map(({ name }) => name),
  }
}

function withMigrating(
  { metadata, status }: Definition,
  said: Pick<CustomResourceDefinitionCondition, 'status' | 'reason' | 'message'>,
  now: number,
): CustomResourceDefinitionStatus {
  const copy = editable<CustomResourceDefinitionStatus>(status)
  const old = copy.conditions?.find(({ type }) => type === TYPE)
  const lastTransitionTime = old?.status === said.status ? old.lastTransitionTime : timestamp(now)
  const next: CustomResourceDefinitionCondition = {
    type: TYPE,
    ...said,
    ...(lastTransitionTime && { lastTransitionTime }),
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
  }
  return { ...copy, conditions: [...(copy.conditions ?? []).filter(({ type }) => type !== TYPE), next] }
}
