import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type {
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from '../../types/flowcontrol.v1.ts'
import { orderedChoices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../validation/name-rules.ts'

const ALL = '*'
const subjectKinds = orderedChoices('Group', 'ServiceAccount', 'User')
const verbs = orderedChoices('create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch')

/** Whom and what a flow schema means. */
export function checkPolicyRules(
  rule: DeepReadonly<PolicyRulesWithSubjects>,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (!rule.subjects?.length) errors.required(at.child('subjects'), 'subjects must contain at least one value')
  rule.subjects?.forEach((subject, index) => {
    checkSubject(subject, at.child('subjects').index(index), errors)
  })
  if (!rule.resourceRules?.length && !rule.nonResourceRules?.length) {
    errors.required(at, 'at least one of resourceRules and nonResourceRules has to be non-empty')
  }
  rule.resourceRules?.forEach((resources, index) => {
    checkResources(resources, at.child('resourceRules').index(index), errors)
  })
  rule.nonResourceRules?.forEach((urls, index) => {
    checkUrls(urls, at.child('nonResourceRules').index(index), errors)
  })
}

const MEMBERS = { Group: 'group', ServiceAccount: 'serviceAccount', User: 'user' } as const
type Kind = keyof typeof MEMBERS

/** The member that its kind names, and no other. */
function checkSubject(subject: DeepReadonly<Subject>, at: FieldPath, errors: FieldErrors): void {
  const kind = subject.kind as Kind
  const wanted = MEMBERS[kind]
  if (!wanted) return errors.notSupported(at.child('kind'), subject.kind, subjectKinds.listed)
  if (!subject[wanted]) errors.required(at.child(wanted), `${wanted} is required when subject kind is '${kind}'`)
  else if (kind === 'ServiceAccount') checkAccount(subject, at.child(wanted), errors)
  else if (!subject[wanted].name) errors.required(at.child(wanted).child('name'))
  for (const [other, member] of Object.entries(MEMBERS)) {
    if (other !== kind && subject[member]) {
      errors.forbidden(at.child(member), `${member} is forbidden when subject kind is not '${other}'`)
    }
  }
}

function checkAccount({ serviceAccount }: DeepReadonly<Subject>, at: FieldPath, errors: FieldErrors): void {
  const { name = '', namespace = '' } = serviceAccount ?? {}
  if (name === '') errors.required(at.child('name'))
  else if (name !== ALL) errors.invalidAll(at.child('name'), name, dns1123SubdomainErrors(name))
  if (namespace === '') errors.required(at.child('namespace'), 'must specify namespace for service account')
  else errors.invalidAll(at.child('namespace'), namespace, dns1123LabelErrors(namespace))
}

function checkResources(rule: DeepReadonly<ResourcePolicyRule>, at: FieldPath, errors: FieldErrors): void {
  checkVerbs(rule.verbs, at.child('verbs'), errors)
  checkList(rule.apiGroups, 'api group', at.child('apiGroups'), errors)
  checkList(rule.resources, 'resource', at.child('resources'), errors)
  checkNamespaces(rule, at.child('namespaces'), errors)
}

type Texts = readonly string[] | undefined

function checkList(values: Texts, what: string, at: FieldPath, errors: FieldErrors): void {
  if (!values?.length) errors.required(at, `resource rules must supply at least one ${what}`)
  else checkAlone(values, `${what}s`, at, errors)
}

/** A star stands alone. */
function checkAlone(values: readonly string[], others: string, at: FieldPath, errors: FieldErrors): void {
  if (values.length > 1 && values.includes(ALL)) {
    errors.invalid(at, values, `if '*' is present, must not specify other ${others}`)
  }
}

function checkVerbs(values: Texts, at: FieldPath, errors: FieldErrors): void {
  if (!values?.length) return errors.required(at, 'verbs must contain at least one value')
  if (values.includes(ALL)) return checkAlone(values, 'verbs', at, errors)
  if (!values.every((verb) => verbs.has(verb))) errors.notSupported(at, values, verbs.listed)
}

function checkNamespaces(rule: DeepReadonly<ResourcePolicyRule>, at: FieldPath, errors: FieldErrors): void {
  const { clusterScope } = rule
  const namespaces = rule.namespaces ?? [] // null where none were given: Go writes the list always
  if (namespaces.length === 0 && !clusterScope) {
    return errors.required(at, 'resource rules that are not cluster scoped must supply at least one namespace')
  }
  if (namespaces.includes(ALL)) return checkAlone(namespaces, 'namespaces', at, errors)
  namespaces.forEach((namespace, index) => {
    const problems = dns1123LabelErrors(namespace).map(
      (problem) => `each member of this list must be '*' or a DNS-1123 label; ${problem}`,
    )
    errors.invalidAll(at.index(index), namespace, problems)
  })
}

function checkUrls(rule: DeepReadonly<NonResourcePolicyRule>, at: FieldPath, errors: FieldErrors): void {
  checkVerbs(rule.verbs, at.child('verbs'), errors)
  const where = at.child('nonResourceURLs')
  const urls = rule.nonResourceURLs ?? []
  if (urls.length === 0) return errors.required(where, 'nonResourceURLs must contain at least one value')
  if (urls.includes(ALL)) return checkAlone(urls, 'non-resource URLs', where, errors)
  urls.forEach((url, index) => {
    const problem = urlProblem(url)
    if (problem !== undefined) errors.invalid(where.index(index), url, problem)
  })
}

function urlProblem(url: string): string | undefined {
  if (url === '') return 'must not be empty'
  if (!url.startsWith('/')) return 'must start with slash'
  if (url.includes(' ')) return 'must not contain white-space'
  if (url.includes('//')) return 'must not contain double slash'
  const star = url.indexOf(ALL)
  if (star >= 0 && !(star === url.length - 1 && url.endsWith('/*'))) return 'wildcard can only do suffix matching'
  return undefined
}
