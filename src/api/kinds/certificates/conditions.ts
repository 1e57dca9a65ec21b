import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { CertificateSigningRequestCondition } from '../../types/certificates.v1.ts'
import { choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'

type Condition = CertificateSigningRequestCondition

const CONDITIONS = FieldPath.of('status.conditions')
/** These are final: once set they stay, and there is one of each. */
const FINAL = ['Approved', 'Denied', 'Failed']
const statuses = choices('True', 'False', 'Unknown')

export const isApproval = ({ type }: DeepReadonly<Condition>): boolean => type === 'Approved' || type === 'Denied'

/**
 * The conditions with the times that a client left out: the server's time is part of this answer, not of a decision.
 * A condition that keeps its status keeps its transition time.
 */
export function stampConditions(conditions: readonly Condition[], old: readonly Condition[]): Condition[] {
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  return conditions.map((condition) => {
    const status = condition.status || 'True'
    const before = old.find(({ type }) => type === condition.type)
    const transition = before?.status === status ? before.lastTransitionTime : undefined
    return {
      ...condition,
      status,
      lastUpdateTime: condition.lastUpdateTime || now,
      lastTransitionTime: condition.lastTransitionTime || transition || now,
    }
  })
}

const OPPOSITES: Readonly<Record<string, string>> = { Approved: 'Denied', Denied: 'Approved' }

export function checkConditions(
  conditions: readonly DeepReadonly<Condition>[],
  old: readonly DeepReadonly<Condition>[],
  errors: FieldErrors,
): void {
  const has = (list: readonly DeepReadonly<Condition>[], wanted: string) => list.some(({ type }) => type === wanted)
  conditions.forEach((condition, index) => {
    const before = conditions.slice(0, index)
    checkCondition(condition, before, CONDITIONS.index(index), errors)
    const opposite = OPPOSITES[condition.type]
    if (opposite && has(before, opposite)) {
      const why = 'Approved and Denied conditions are mutually exclusive'
      errors.invalid(CONDITIONS.index(index).child('type'), condition.type, why)
    }
  })
  for (const type of FINAL) {
    if (has(old, type) && !has(conditions, type)) {
      errors.forbidden(CONDITIONS, `updates may not remove a condition of type "${type}"`)
    }
  }
}

function checkCondition(
  { type, status }: DeepReadonly<Condition>,
  earlier: readonly DeepReadonly<Condition>[],
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!type) errors.required(at.child('type'))
  if (!status) errors.required(at.child('status'))
  else if (!statuses.has(status)) errors.notSupported(at.child('status'), status, ['True', 'False', 'Unknown'])
  else if (FINAL.includes(type) && status !== 'True') errors.notSupported(at.child('status'), status, ['True'])
  if (earlier.some((other) => other.type === type)) errors.duplicate(at.child('type'), type)
}
