import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { JobSpec, PodFailurePolicy, PodFailurePolicyRule } from '../../types/batch.v1.ts'
import { type Choices, choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { invalidWhole } from '../validation/invalid-whole.ts'
import { checkQualifiedName } from '../validation/names.ts'

type Spec = DeepReadonly<JobSpec>
type Rule = DeepReadonly<PodFailurePolicyRule>

const MAX_RULES = 20
const MAX_EXIT_CODES = 255
const MAX_PATTERNS = 20
const actions = choices('Count', 'FailIndex', 'FailJob', 'Ignore')
const operators = choices('In', 'NotIn')
const statuses = choices('False', 'True', 'Unknown')

/** How a Job answers to failed pods, by exit code or condition (KEP-3329). */
export function checkPodFailurePolicy(
  { rules }: DeepReadonly<PodFailurePolicy>,
  spec: Spec,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const count = rules?.length ?? 0
  if (count > MAX_RULES) errors.tooMany(at.child('rules'), count, MAX_RULES)
  const containers = containerNames(spec)
  rules?.forEach((rule, index) => {
    checkRule(rule, spec, containers, at.child('rules').index(index), errors)
  })
}

function containerNames({ template }: Spec): ReadonlySet<string> {
  const { containers, initContainers } = template.spec ?? {}
  return new Set([...(containers ?? []), ...(initContainers ?? [])].map(({ name }) => name))
}

function checkRule(rule: Rule, spec: Spec, containers: ReadonlySet<string>, at: FieldPath, errors: FieldErrors): void {
  checkNamed(rule.action, actions, at.child('action'), errors)
  if (rule.action === 'FailIndex' && spec.backoffLimitPerIndex === undefined) {
    errors.invalid(at.child('action'), rule.action, 'requires the backoffLimitPerIndex to be set')
  }
  const patterns = rule.onPodConditions?.length ?? 0
  if (rule.onExitCodes) checkExitCodes(rule.onExitCodes, containers, at.child('onExitCodes'), errors)
  if (patterns > 0) checkPatterns(rule, at.child('onPodConditions'), errors)
  if (rule.onExitCodes && patterns > 0) {
    invalidWhole(at, 'specifying both OnExitCodes and OnPodConditions is not supported', errors)
  }
  if (!rule.onExitCodes && patterns === 0) {
    invalidWhole(at, 'specifying one of OnExitCodes and OnPodConditions is required', errors)
  }
}

function checkNamed(value: string, allowed: Choices, at: FieldPath, errors: FieldErrors): void {
  if (!value) errors.required(at, `valid values: [${allowed.listed.map((name) => `"${name}"`).join(' ')}]`)
  else if (!allowed.has(value)) errors.notSupported(at, value, allowed.listed)
}

function checkExitCodes(
  requirement: NonNullable<Rule['onExitCodes']>,
  containers: ReadonlySet<string>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const { operator, containerName, values } = requirement
  checkNamed(operator, operators, at.child('operator'), errors)
  if (containerName !== undefined && !containers.has(containerName)) {
    const why = 'must be one of the container or initContainer names in the pod template'
    errors.invalid(at.child('containerName'), containerName, why)
  }
  const count = values?.length ?? 0
  if (count === 0) errors.invalid(at.child('values'), values, 'at least one value is required')
  else if (count > MAX_EXIT_CODES) errors.tooMany(at.child('values'), count, MAX_EXIT_CODES)
  checkCodes(values ?? [], operator, at.child('values'), errors)
}

function checkCodes(codes: readonly number[], operator: string, at: FieldPath, errors: FieldErrors): void {
  const seen = new Set<number>()
  codes.forEach((code, index) => {
    if (seen.has(code)) errors.duplicate(at.index(index), code)
    seen.add(code)
    if (operator === 'In' && code === 0) errors.invalid(at.index(index), code, 'must not be 0 for the In operator')
  })
  if (codes.some((code, index) => index > 0 && code < (codes[index - 1] as number))) {
    errors.invalid(at, codes, 'must be ordered')
  }
}

function checkPatterns({ onPodConditions = [] }: Rule, at: FieldPath, errors: FieldErrors): void {
  if (onPodConditions.length > MAX_PATTERNS) errors.tooMany(at, onPodConditions.length, MAX_PATTERNS)
  onPodConditions.forEach(({ type, status }, index) => {
    checkQualifiedName(type, at.index(index).child('type'), errors)
    checkNamed(status ?? '', statuses, at.index(index).child('status'), errors)
  })
}
