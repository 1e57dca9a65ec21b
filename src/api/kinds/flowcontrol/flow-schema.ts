import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { FlowSchema, PolicyRulesWithSubjects, Subject } from '../../types/flowcontrol.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { choices, orderedChoices } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'

const DEFAULT_PRECEDENCE = 1000
const MAX_PRECEDENCE = 10_000
const distinguishers = choices('ByNamespace', 'ByUser')
const subjectKinds = orderedChoices('Group', 'ServiceAccount', 'User')

/** flowcontrol.apiserver.k8s.io/v1 FlowSchema. Upstream: pkg/apis/flowcontrol. */
export const flowSchemas = defineResource<FlowSchema>('flowcontrol.apiserver.k8s.io/v1', 'flowschemas', {
  ownable: { status: { except: ['spec', 'metadata'] } },
  default: ({ spec }) => {
    if (spec) spec.matchingPrecedence ||= DEFAULT_PRECEDENCE
  },
  validate: (schema) => collect((errors) => checkSchema(schema, errors)),
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
    errors.notSupported('spec.distinguisherMethod', spec.distinguisherMethod, distinguishers.listed)
  }
  const level = spec?.priorityLevelConfiguration?.name
  if (!level) errors.required('spec.priorityLevelConfiguration.name', 'must reference a priority level')
  else checkDns1123Subdomain(level, 'spec.priorityLevelConfiguration.name', errors)
  spec?.rules?.forEach((rule, index) => {
    checkRule(rule, FieldPath.of('spec.rules').index(index), errors)
  })
}

function checkRule(rule: DeepReadonly<PolicyRulesWithSubjects>, at: FieldPath, errors: FieldErrors): void {
  if (!rule.subjects?.length) errors.required(at.child('subjects'), 'subjects must contain at least one value')
  rule.subjects?.forEach((subject, index) => {
    checkSubject(subject, at.child('subjects').index(index), errors)
  })
  if (!rule.resourceRules?.length && !rule.nonResourceRules?.length) {
    errors.required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty')
  }
  rule.resourceRules?.forEach((resource, index) => {
    const where = at.child('resourceRules').index(index)
    for (const field of ['verbs', 'apiGroups', 'resources'] as const)
      checkList(resource[field], where.child(field), errors)
    if (!resource.clusterScope && !resource.namespaces?.length) {
      errors.required(
        where.child('namespaces'),
        'resource rules that are not cluster scoped must supply at least one namespace',
      )
    }
  })
  rule.nonResourceRules?.forEach((urls, index) => {
    const where = at.child('nonResourceRules').index(index)
    for (const field of ['verbs', 'nonResourceURLs'] as const) checkList(urls[field], where.child(field), errors)
  })
}

function checkList(values: readonly string[] | undefined, at: FieldPath, errors: FieldErrors): void {
  if (!values?.length) errors.required(at)
  else if (values.length > 1 && values.includes('*')) {
    errors.invalid(at, values, "if '*' is present, must not specify other values")
  }
}

const MEMBERS = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' } as const

/** The member that its kind names, and no other. */
function checkSubject(subject: DeepReadonly<Subject>, at: FieldPath, errors: FieldErrors): void {
  const wanted = MEMBERS[subject.kind]
  if (!wanted) return errors.notSupported(at.child('kind'), subject.kind, subjectKinds.listed)
  const what = wanted === 'serviceAccount' ? 'ServiceAccount' : wanted
  for (const member of Object.values(MEMBERS)) {
    if (member === wanted && !subject[member]) {
      errors.required(at.child(member), `${member} is required when subject kind is '${subject.kind}'`)
    }
    if (member !== wanted && subject[member]) {
      errors.forbidden(at.child(member), `${member} is forbidden when subject kind is not '${kindOf(member)}'`)
    }
  }
  if (subject[wanted] && !subject[wanted].name)
    errors.required(at.child(wanted).child('name'), `must specify ${what} name`)
}

const kindOf = (member: string): string => member.charAt(0).toUpperCase() + member.slice(1)
