import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { FlowSchema } from '../../types/flowcontrol.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { choices } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'
import { checkConditions } from './conditions.ts'
import { checkMandatorySchema } from './mandatory.ts'
import { checkPolicyRules } from './policy-rules.ts'

const DEFAULT_PRECEDENCE = 1000
const MAX_PRECEDENCE = 10_000
const distinguishers = choices('ByNamespace', 'ByUser')
const RULES = FieldPath.of('spec.rules')

/** flowcontrol.apiserver.k8s.io/v1 FlowSchema. Upstream: pkg/apis/flowcontrol. */
export const flowSchemas = defineResource<FlowSchema>('flowcontrol.apiserver.k8s.io/v1', 'flowschemas', {
  ownable: { status: { except: ['spec', 'metadata'] } },
  default: ({ spec }) => {
    if (spec) spec.matchingPrecedence ||= DEFAULT_PRECEDENCE
  },
  validate: (schema) => collect((errors) => checkSchema(schema, errors)),
  validateUpdate: ({ status }, { subresource }) =>
    subresource === 'status' ? collect((errors) => checkConditions(status?.conditions, errors)) : [],
  columns: [
    nameColumn,
    { header: 'PriorityLevel', cell: ({ spec }) => spec?.priorityLevelConfiguration.name ?? '' },
    { header: 'MatchingPrecedence', cell: ({ spec }) => spec?.matchingPrecedence ?? 0 },
    { header: 'DistinguisherMethod', cell: ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>' },
    ageColumn,
    { header: 'MissingPL', cell: danglingText },
  ],
})

function danglingText({ status }: DeepReadonly<FlowSchema>): string {
  return (status?.conditions ?? []).find(({ type }) => type === 'Dangling')?.status ?? '?'
}

function checkSchema({ metadata, spec }: DeepReadonly<FlowSchema>, errors: FieldErrors): void {
  const precedence = spec?.matchingPrecedence ?? 0
  if (precedence <= 0) errors.invalid('spec.matchingPrecedence', precedence, 'must be a positive value')
  if (precedence > MAX_PRECEDENCE) {
    errors.invalid('spec.matchingPrecedence', precedence, `must not be greater than ${MAX_PRECEDENCE}`)
  }
  if (precedence === 1 && metadata.name !== 'exempt') {
    errors.invalid('spec.matchingPrecedence', 1, "only the schema named 'exempt' may have matchingPrecedence 1")
  }
  const method = spec?.distinguisherMethod?.type
  if (method !== undefined && !distinguishers.has(method)) {
    errors.notSupported('spec.distinguisherMethod.type', spec.distinguisherMethod, distinguishers.listed)
  }
  const level = spec?.priorityLevelConfiguration?.name
  if (!level) errors.required('spec.priorityLevelConfiguration.name', 'must reference a priority level')
  else checkDns1123Subdomain(level, 'spec.priorityLevelConfiguration.name', errors)
  spec?.rules?.forEach((rule, index) => {
    checkPolicyRules(rule, RULES.index(index), errors)
  })
  checkMandatorySchema(metadata.name ?? '', spec, errors)
}
