import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { compareQuantities } from '../../quantity.ts'
import type { HPAScalingPolicy, HPAScalingRules } from '../../types/autoscaling.v2.ts'
import { checkOptionalChoice, choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { POSITIVE } from '../validation/numbers.ts'

const MAX_WINDOW_SECONDS = 3600
const MAX_PERIOD_SECONDS = 1800
const selectPolicies = choices('Max', 'Min', 'Disabled')
const policyTypes = choices('Pods', 'Percent')

/** How fast to scale in one direction. */
export function checkScalingRules(rules: DeepReadonly<HPAScalingRules>, at: FieldPath, errors: FieldErrors): void {
  const window = rules.stabilizationWindowSeconds
  if (window !== undefined && window < 0) {
    errors.invalid(at.child('stabilizationWindowSeconds'), window, 'must be greater than or equal to zero')
  }
  if (window !== undefined && window > MAX_WINDOW_SECONDS) {
    errors.invalid(
      at.child('stabilizationWindowSeconds'),
      window,
      `must be less than or equal to ${MAX_WINDOW_SECONDS}`,
    )
  }
  checkOptionalChoice(rules.selectPolicy, selectPolicies, at.child('selectPolicy'), errors)
  if (rules.tolerance !== undefined && compareQuantities(rules.tolerance, '0') < 0) {
    errors.invalid(at.child('tolerance'), rules.tolerance, 'must be greater or equal to zero')
  }
  const policies = rules.policies ?? []
  if (policies.length === 0) errors.required(at.child('policies'), 'must specify at least one Policy')
  policies.forEach((policy, index) => {
    checkPolicy(policy, at.child('policies').index(index), errors)
  })
}

function checkPolicy(
  { type, value, periodSeconds }: DeepReadonly<HPAScalingPolicy>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!policyTypes.has(type)) errors.notSupported(at.child('type'), type, policyTypes.listed)
  if (value <= 0) errors.invalid(at.child('value'), value, POSITIVE)
  if (periodSeconds <= 0) errors.invalid(at.child('periodSeconds'), periodSeconds, POSITIVE)
  if (periodSeconds > MAX_PERIOD_SECONDS) {
    errors.invalid(at.child('periodSeconds'), periodSeconds, `must be less than or equal to ${MAX_PERIOD_SECONDS}`)
  }
}
