import type { ApiObject, ResourceDefinition } from '../../api/resource.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** metav1.TableRowCondition. */
export interface RowCondition {
  readonly type: 'Completed'
  readonly status: 'True'
  readonly reason: string
  readonly message: string
}

const MESSAGES: Readonly<Record<string, string>> = {
  Succeeded: 'The pod has completed successfully.',
  Failed: 'The pod failed.',
}

/** Marks the rows of pods that have ended, so that clients can grey them out; undefined for all others. */
export function rowConditions(
  { group, plural }: ResourceDefinition,
  object: DeepReadonly<ApiObject>,
): RowCondition[] | undefined {
  if (group !== '' || plural !== 'pods') return undefined
  const reason = (object as DeepReadonly<Pod>).status?.phase ?? ''
  const message = MESSAGES[reason]
  return message === undefined ? undefined : [{ type: 'Completed', status: 'True', reason, message }]
}
