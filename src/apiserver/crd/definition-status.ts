import { isDeepStrictEqual } from 'node:util'
import type { CustomResourceDefinition, CustomResourceDefinitionStatus } from '../../api/types/apiextensions.v1.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import { approvalCondition } from './approval.ts'
import { isTrue, withCondition, withoutCondition } from './conditions.ts'
import { acceptNames } from './names.ts'

type Definition = DeepReadonly<CustomResourceDefinition>

/**
 * The status that a definition should have, undefined when it has it: its names accepted or not, established for good once
 * they are, and whether it may be in its group. `others`: those of the same group. Pure; `now` in ms since the epoch.
 */
export function definitionStatus(
  definition: Definition,
  others: Iterable<Definition>,
  now: number,
): CustomResourceDefinitionStatus | undefined {
  const { status } = definition
  let conditions = status?.conditions ?? []
  let { acceptedNames } = status ?? {}
  if (!isDeepStrictEqual(definition.spec.names, acceptedNames) || !status?.conditions?.length) {
    const verdict = acceptNames(definition, others)
    acceptedNames = verdict.acceptedNames
    conditions = withCondition(conditions, verdict.condition, now)
    if (!isTrue(definition, 'Established')) {
      const established = verdict.condition.status === 'True' ? ESTABLISHED : NOT_ACCEPTED
      conditions = withCondition(conditions, established, now)
    }
  }
  const approval = approvalCondition(definition)
  const type = 'KubernetesAPIApprovalPolicyConformant'
  conditions = approval ? withCondition(conditions, approval, now) : withoutCondition(conditions, type)
  const next = { ...status, ...(acceptedNames && { acceptedNames }), conditions }
  return isDeepStrictEqual(next, status) ? undefined : editable<CustomResourceDefinitionStatus>(next as never)
}

const ESTABLISHED = {
  type: 'Established',
  status: 'True',
  reason: 'InitialNamesAccepted',
  message: 'the initial names have been accepted',
} as const

const NOT_ACCEPTED = {
  type: 'Established',
  status: 'False',
  reason: 'NotAccepted',
  message: 'not all names are accepted',
} as const
