import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from '../../types/core.v1.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkLabelKey } from '../validation/labels.ts'
import { dns1123SubdomainErrors, labelValueErrors } from '../validation/name-rules.ts'

type Requirement = DeepReadonly<NodeSelectorRequirement>

/** A node selector of affinity or of a volume; also used for DRA's devices. */
export function checkNodeSelector(selector: DeepReadonly<NodeSelector>, at: FieldPath, errors: FieldErrors): void {
  const terms = selector.nodeSelectorTerms ?? []
  const field = at.child('nodeSelectorTerms')
  if (terms.length === 0) errors.required(field, 'must have at least one node selector term')
  for (const [index, term] of terms.entries()) {
    checkNodeSelectorTerm(term, field.index(index), errors, { checkValues: true })
  }
}

/** Preferences keep invalid label values: those match nothing, and old objects have them. */
export function checkNodeSelectorTerm(
  { matchExpressions, matchFields }: DeepReadonly<NodeSelectorTerm>,
  at: FieldPath,
  errors: FieldErrors,
  { checkValues }: { checkValues: boolean },
): void {
  matchExpressions?.forEach((requirement, index) => {
    checkExpression(requirement, at.child('matchExpressions').index(index), errors, checkValues)
  })
  matchFields?.forEach((requirement, index) => {
    checkField(requirement, at.child('matchFields').index(index), errors)
  })
}

function checkExpression(
  { key, operator, values = [] }: Requirement,
  at: FieldPath,
  errors: FieldErrors,
  checkValues: boolean,
): void {
  checkOperator(operator, values, at, errors)
  checkLabelKey(key, at.child('key'), errors)
  if (!checkValues) return
  values.forEach((value, index) => {
    errors.invalidAll(at.child('values').index(index), value, labelValueErrors(value))
  })
}

function checkOperator(operator: string, values: readonly string[], at: FieldPath, errors: FieldErrors): void {
  const field = at.child('values')
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) errors.required(field, "must be specified when `operator` is 'In' or 'NotIn'")
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.forbidden(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
      break
    case 'Gt':
    case 'Lt':
      if (values.length !== 1) {
        errors.required(field, "must be specified single value when `operator` is 'Lt' or 'Gt'")
      }
      break
    default:
      errors.invalid(at.child('operator'), operator, 'not a valid selector operator')
  }
}

/** Only a node's name can be selected by field. */
function checkField({ key, operator, values = [] }: Requirement, at: FieldPath, errors: FieldErrors): void {
  if (operator !== 'In' && operator !== 'NotIn') {
    errors.invalid(at.child('operator'), operator, 'not a valid selector operator')
  } else if (values.length !== 1) {
    const problem = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    errors.required(at.child('values'), problem)
  }
  if (key !== 'metadata.name') return errors.invalid(at.child('key'), key, 'not a valid field selector key')
  values.forEach((value, index) => {
    errors.invalidAll(at.child('values').index(index), value, dns1123SubdomainErrors(value))
  })
}
