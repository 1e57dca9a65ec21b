import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { FlowSchemaSpec, PriorityLevelConfigurationSpec } from '../../types/flowcontrol.v1.ts'
import { semanticEqual } from '../validation/equality.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import { internalLevel, internalSchema } from './internal-form.ts'

const everyone = (...groups: string[]) => ({
  subjects: groups.map((name) => ({ kind: 'Group' as const, group: { name } })),
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], clusterScope: true, namespaces: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
})

/** What every API server relies on: requests that must never wait, and those that nothing else matches. */
const SCHEMAS: Readonly<Record<string, FlowSchemaSpec>> = {
  exempt: {
    matchingPrecedence: 1,
    priorityLevelConfiguration: { name: 'exempt' },
    rules: [everyone('system:masters')],
  },
  'catch-all': {
    matchingPrecedence: 10_000,
    priorityLevelConfiguration: { name: 'catch-all' },
    distinguisherMethod: { type: 'ByUser' },
    rules: [everyone('system:unauthenticated', 'system:authenticated')],
  },
}

const CATCH_ALL: PriorityLevelConfigurationSpec = {
  type: 'Limited',
  limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
}

/** The FlowSchemas `exempt` and `catch-all` are as upstream's bootstrap has them, or not at all. */
export function checkMandatorySchema(
  name: string,
  spec: DeepReadonly<FlowSchemaSpec> | undefined,
  errors: FieldErrors,
): void {
  const wanted = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name] : undefined
  if (!wanted || semanticEqual(spec, wanted)) return
  errors.invalid('spec', internalSchema(spec), `spec of '${name}' must equal the fixed value`)
}

/** The same of the priority levels; how much of `exempt` may be lent is for the administrator to say. */
export function checkMandatoryLevel(
  name: string,
  spec: DeepReadonly<PriorityLevelConfigurationSpec> | undefined,
  errors: FieldErrors,
): void {
  if (name === 'exempt' && !semanticEqual({ ...spec, exempt: undefined }, { type: 'Exempt' })) {
    const why = "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value"
    errors.invalid('spec', internalLevel(spec), why)
  }
  if (name === 'catch-all' && !semanticEqual(spec, CATCH_ALL)) {
    errors.invalid('spec', internalLevel(spec), "spec of 'catch-all' must equal the fixed value")
  }
}
