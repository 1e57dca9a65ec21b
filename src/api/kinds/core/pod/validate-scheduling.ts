import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { PodSchedulingGate, Toleration, TopologySpreadConstraint } from '../../../types/core.v1.ts'
import { checkOptionalChoice, choices, orderedChoices } from '../../validation/choices.ts'
import type { FieldErrors } from '../../validation/field-errors.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { checkLabelKey, checkLabelSelector } from '../../validation/labels.ts'
import { labelValueErrors } from '../../validation/name-rules.ts'
import { checkQualifiedName } from '../../validation/names.ts'
import { POSITIVE } from '../../validation/numbers.ts'
import { checkTaintEffect, isTaintEffect } from '../taints.ts'
import { checkLabelKeys } from './validate-affinity.ts'

const spreadActions = choices('DoNotSchedule', 'ScheduleAnyway')
const inclusionPolicies = choices('Ignore', 'Honor')
const tolerationOperators = orderedChoices('Equal', 'Exists')

export function checkTolerations(tolerations: DeepReadonly<Toleration[]>, at: FieldPath, errors: FieldErrors): void {
  tolerations.forEach((toleration, index) => {
    checkToleration(toleration, at.index(index), errors)
  })
}

function checkToleration(toleration: DeepReadonly<Toleration>, at: FieldPath, errors: FieldErrors): void {
  const { key, operator = '', effect = '', tolerationSeconds } = toleration
  if (key) checkLabelKey(key, at.child('key'), errors)
  else if (operator !== 'Exists') {
    const problem = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    errors.invalid(at.child('operator'), operator, problem)
  }
  if (tolerationSeconds !== undefined && effect !== 'NoExecute') {
    errors.invalid(at.child('effect'), effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
  }
  checkTolerationOperator(operator, toleration.value ?? '', at, errors)
  if (effect && !isTaintEffect(effect)) checkTaintEffect(effect, at.child('effect'), errors)
}

function checkTolerationOperator(operator: string, value: string, at: FieldPath, errors: FieldErrors): void {
  switch (operator) {
    case '':
    case 'Equal': {
      const problems = labelValueErrors(value)
      if (problems.length > 0) errors.invalid(at.child('operator'), value, problems.join(';'))
      break
    }
    case 'Exists':
      if (value) errors.invalid(at.child('operator'), value, "value must be empty when `operator` is 'Exists'")
      break
    case 'Lt':
    case 'Gt':
      checkWholeNumber(value, at.child('value'), errors)
      break
    default:
      errors.notSupported(at.child('operator'), operator, tolerationOperators.listed)
  }
}

const MAX_INT64 = 2n ** 63n - 1n

/** Comparing tolerations (KEP-5471) need a 64-bit integer without leading zeros. */
function checkWholeNumber(value: string, at: FieldPath, errors: FieldErrors): void {
  if (value === '') errors.invalid(at, value, 'must be non-empty')
  else if (!/^(0|-?[1-9]\d*)$/.test(value)) {
    errors.invalid(at, value, 'must be a valid decimal integer in canonical form')
  }
  const problem = parseIntError(value)
  if (problem) errors.invalid(at, value, `strconv.ParseInt: parsing ${JSON.stringify(value)}: ${problem}`)
}

function parseIntError(value: string): string | undefined {
  if (!/^[+-]?\d+$/.test(value)) return 'invalid syntax'
  const number = BigInt(value.replace('+', ''))
  return number > MAX_INT64 || number < -MAX_INT64 - 1n ? 'value out of range' : undefined
}

export function checkSchedulingGates(
  gates: DeepReadonly<PodSchedulingGate[]>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const seen = new Set<string>()
  for (const [index, { name }] of gates.entries()) {
    checkQualifiedName(name, at.index(index), errors)
    if (seen.has(name)) errors.duplicate(at.index(index), name)
    seen.add(name)
  }
}

type Constraint = DeepReadonly<TopologySpreadConstraint>

export function checkTopologySpread(constraints: readonly Constraint[], at: FieldPath, errors: FieldErrors): void {
  for (const [index, constraint] of constraints.entries()) {
    const item = at.index(index)
    checkConstraint(constraint, item, errors)
    const again = constraints.slice(index + 1).some((other) => isSameSpread(other, constraint))
    if (again) {
      const pair = `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`
      errors.duplicate(item.child('{topologyKey, whenUnsatisfiable}'), pair)
    }
  }
}

const isSameSpread = (a: Constraint, b: Constraint): boolean =>
  a.topologyKey === b.topologyKey && a.whenUnsatisfiable === b.whenUnsatisfiable

function checkConstraint(constraint: Constraint, at: FieldPath, errors: FieldErrors): void {
  const { maxSkew, topologyKey, whenUnsatisfiable } = constraint
  if (maxSkew <= 0) errors.invalid(at.child('maxSkew'), maxSkew, POSITIVE)
  if (!topologyKey) errors.required(at.child('topologyKey'), 'can not be empty')
  checkOptionalChoice(whenUnsatisfiable, spreadActions, at.child('whenUnsatisfiable'), errors)
  checkMinDomains(constraint, at.child('minDomains'), errors)
  checkOptionalChoice(constraint.nodeAffinityPolicy, inclusionPolicies, at.child('nodeAffinityPolicy'), errors)
  checkOptionalChoice(constraint.nodeTaintsPolicy, inclusionPolicies, at.child('nodeTaintsPolicy'), errors)
  checkLabelKeys(constraint, at, errors)
  checkLabelSelector(constraint.labelSelector, at.child('labelSelector'), errors)
}

function checkMinDomains({ minDomains, whenUnsatisfiable }: Constraint, at: FieldPath, errors: FieldErrors): void {
  if (minDomains === undefined) return
  if (minDomains <= 0) errors.invalid(at, minDomains, POSITIVE)
  if (whenUnsatisfiable !== 'DoNotSchedule') {
    const problem = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`
    errors.invalid(at, minDomains, problem)
  }
}
