import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../../api/types/apiextensions.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** The conditions of a definition (apiextensions.k8s.io/v1 CustomResourceDefinitionConditionType). */
export type ConditionType =
  | 'Established'
  | 'NamesAccepted'
  | 'NonStructuralSchema'
  | 'Terminating'
  | 'KubernetesAPIApprovalPolicyConformant'

export interface Condition {
  readonly type: ConditionType
  readonly status: 'True' | 'False'
  readonly reason: string
  readonly message: string
}

type Conditions = DeepReadonly<CustomResourceDefinitionCondition>[]

export function isTrue({ status }: DeepReadonly<CustomResourceDefinition>, type: ConditionType): boolean {
  return status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
}

/** The conditions with one set; its time moves when its status does. `now` in ms since the epoch. */
export function withCondition(
  conditions: readonly DeepReadonly<CustomResourceDefinitionCondition>[],
  condition: Condition,
  now: number,
): Conditions {
  const old = conditions.find(({ type }) => type === condition.type)
  const lastTransitionTime =
    old?.status === condition.status ? (old.lastTransitionTime ?? timestamp(now)) : timestamp(now)
  const next = { ...condition, lastTransitionTime }
  return old ? conditions.map((one) => (one === old ? next : one)) : [...conditions, next]
}

export const withoutCondition = (
  conditions: readonly DeepReadonly<CustomResourceDefinitionCondition>[],
  type: ConditionType,
): Conditions => conditions.filter((one) => one.type !== type)
