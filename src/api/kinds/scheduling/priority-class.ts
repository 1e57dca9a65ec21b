import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { PriorityClass } from '../../types/scheduling.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { checkRequiredChoice, orderedChoices } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkImmutable } from '../validation/immutable.ts'

/** Priorities above this are the system's. */
const HIGHEST_USER_PRIORITY = 1_000_000_000
const SYSTEM_PREFIX = 'system-'
const SYSTEM_VALUES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
}
const preemptionPolicies = orderedChoices('PreemptLowerPriority', 'Never')

/** scheduling.k8s.io/v1 PriorityClass. Upstream: pkg/apis/scheduling, pkg/registry/scheduling/priorityclass. */
export const priorityClasses = defineResource<PriorityClass>('scheduling.k8s.io/v1', 'priorityclasses', {
  default: (priorityClass) => {
    priorityClass.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  validate: (priorityClass, old) =>
    collect((errors) => {
      if (!old) checkValue(priorityClass, errors)
      checkRequiredChoice(priorityClass.preemptionPolicy, preemptionPolicies, 'preemptionPolicy', errors)
    }),
  validateUpdate: (priorityClass, { old }) =>
    collect((errors) => {
      if ((priorityClass.value ?? 0) !== (old.value ?? 0)) {
        errors.forbidden('value', 'may not be changed in an update.')
      }
      checkImmutable(priorityClass.preemptionPolicy, old.preemptionPolicy, 'preemptionPolicy', errors)
    }),
  // Generation 1 forever: nothing that counts can change.
  generation: () => undefined,
  columns: [
    nameColumn,
    { header: 'Value', type: 'integer', cell: ({ value }) => value ?? 0 },
    { header: 'Global-Default', type: 'boolean', cell: ({ globalDefault }) => globalDefault ?? false },
    ageColumn,
    { header: 'PreemptionPolicy', cell: ({ preemptionPolicy }) => preemptionPolicy ?? '' },
  ],
})

function checkValue({ metadata, value = 0, globalDefault }: DeepReadonly<PriorityClass>, errors: FieldErrors): void {
  if (!metadata.name.startsWith(SYSTEM_PREFIX)) {
    if (value <= HIGHEST_USER_PRIORITY) return
    const why = `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`
    return errors.forbidden('value', why)
  }
  const problem = systemProblem(metadata.name, value, globalDefault ?? false)
  if (!problem) return
  const why = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`
  errors.forbidden('metadata.name', why)
}

/** The system's own classes are made by the server, and must be exactly as it makes them. */
function systemProblem(name: string, value: number, globalDefault: boolean): string | undefined {
  const expected = SYSTEM_VALUES[name]
  if (expected === undefined) return `${name} is not a known system priority class`
  if (value !== expected) return `value of ${name} PriorityClass must be ${expected}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}
