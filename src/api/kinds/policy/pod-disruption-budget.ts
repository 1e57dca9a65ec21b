import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { PodDisruptionBudget } from '../../types/policy.v1.ts'
import { checkCounts } from '../apps/status-counts.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { checkOptionalChoice, choices } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { checkAtMostAll, checkNumberOrPercent } from '../validation/numbers.ts'

const evictionPolicies = choices('AlwaysAllow', 'IfHealthyBudget')
const SELECTOR = FieldPath.of('spec.selector')
const COUNTS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const

/** policy/v1 PodDisruptionBudget. Upstream: pkg/apis/policy, pkg/registry/policy/poddisruptionbudget. */
export const podDisruptionBudgets = defineResource<PodDisruptionBudget>('policy/v1', 'poddisruptionbudgets', {
  validate: ({ spec }) => (spec ? collect((errors) => checkSpec(spec, errors)) : []),
  validateUpdate: ({ status }, { subresource }) =>
    subresource === 'status' ? collect((errors) => checkCounts(status, COUNTS, errors)) : [],
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    { header: 'Min Available', cell: ({ spec }) => String(spec?.minAvailable ?? 'N/A') },
    { header: 'Max Unavailable', cell: ({ spec }) => String(spec?.maxUnavailable ?? 'N/A') },
    { header: 'Allowed Disruptions', type: 'integer', cell: ({ status }) => status?.disruptionsAllowed ?? 0 },
    ageColumn,
  ],
})

function checkSpec(spec: DeepReadonly<PodDisruptionBudget['spec']>, errors: FieldErrors): void {
  const { minAvailable, maxUnavailable } = spec
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set')
  }
  for (const [field, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue
    checkNumberOrPercent(value, `spec.${field}`, errors)
    checkAtMostAll(value, `spec.${field}`, errors)
  }
  checkLabelSelector(spec.selector, SELECTOR, errors)
  checkOptionalChoice(spec.unhealthyPodEvictionPolicy, evictionPolicies, 'spec.unhealthyPodEvictionPolicy', errors)
}
