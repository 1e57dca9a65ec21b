import type { NamespaceCondition } from '../../api/types/core.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { RemainingContent } from './content.ts'

type Condition = Pick<NamespaceCondition, 'type' | 'status' | 'reason' | 'message'>

/** What deleting a namespace came to, in upstream's words. `undiscovered`: group versions that could not be asked. */
export function deletionConditions(
  { counts, finalizers, failures }: RemainingContent,
  undiscovered: ReadonlyMap<string, string>,
): Condition[] {
  return [
    undiscovered.size > 0
      ? problem('NamespaceDeletionDiscoveryFailure', 'DiscoveryFailed', discoveryText(undiscovered))
      : fine('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    fine(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    failures.length > 0
      ? problem('NamespaceDeletionContentFailure', 'ContentDeletionFailed', contentFailureText(failures))
      : fine(
          'NamespaceDeletionContentFailure',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ),
    counts.size > 0
      ? problem(
          'NamespaceContentRemaining',
          'SomeResourcesRemain',
          `Some resources are remaining: ${tally(counts, ' has ')}`,
        )
      : fine('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'),
    finalizers.size > 0
      ? problem(
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${tally(finalizers, ' in ')}`,
        )
      : fine('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'),
  ]
}

const fine = (type: string, reason: string, message: string): Condition => ({ type, status: 'False', reason, message })
const problem = (type: string, reason: string, message: string): Condition => ({
  type,
  status: 'True',
  reason,
  message,
})

const discoveryText = (failed: ReadonlyMap<string, string>): string => {
  const parts = [...failed].map(([groupVersion, why]) => `${groupVersion}: ${why}`).sort()
  return `Discovery failed for some groups, ${failed.size} failing: unable to retrieve the complete list of server APIs: ${parts.join(', ')}`
}

const contentFailureText = (failures: readonly string[]): string =>
  `Failed to delete all resource types, ${failures.length} remaining: ${failures.length === 1 ? failures[0] : `[${failures.join(', ')}]`}`

const tally = (counts: ReadonlyMap<string, number>, word: string): string =>
  [...counts]
    .map(([name, number]) => `${name}${word}${number} resource instances`)
    .sort()
    .join(', ')

/**
 * The namespace's conditions with these in them; the time of a condition changes only with its status or text. Undefined
 * when nothing changes.
 */
export function withConditions(
  present: DeepReadonly<NamespaceCondition[]>,
  conditions: readonly Condition[],
  nowMs: number,
): NamespaceCondition[] | undefined {
  let changed = false
  const result = new Map(present.map((condition) => [condition.type, { ...condition }]))
  for (const condition of conditions) {
    const old = result.get(condition.type)
    const same =
      old?.status === condition.status && old.message === condition.message && old.reason === condition.reason
    if (same) continue
    changed = true
    result.set(condition.type, { ...condition, lastTransitionTime: timestamp(nowMs) })
  }
  return changed ? [...result.values()] : undefined
}
