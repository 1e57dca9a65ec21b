import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { MatchResources, RuleWithOperations } from '../../types/admissionregistration.v1.ts'
import { checkOptionalChoice, choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'

type Rule = DeepReadonly<RuleWithOperations>

export const matchPolicies = choices('Exact', 'Equivalent')
const operations = choices('*', 'CREATE', 'UPDATE', 'DELETE', 'CONNECT')
const scopes = choices('*', 'Cluster', 'Namespaced')

export function defaultRules(rules: RuleWithOperations[] | undefined): void {
  for (const rule of rules ?? []) rule.scope ??= '*'
}

export function defaultMatchResources(match: MatchResources | undefined): void {
  if (!match) return
  match.matchPolicy ??= 'Equivalent'
  match.namespaceSelector ??= {}
  match.objectSelector ??= {}
  defaultRules(match.resourceRules)
  defaultRules(match.excludeResourceRules)
}

export function checkMatchResources(match: DeepReadonly<MatchResources>, at: FieldPath, errors: FieldErrors): void {
  checkOptionalChoice(match.matchPolicy, matchPolicies, at.child('matchPolicy'), errors)
  checkLabelSelector(match.namespaceSelector, at.child('namespaceSelector'), errors)
  checkLabelSelector(match.objectSelector, at.child('objectSelector'), errors)
  checkRules(match.resourceRules, at.child('resourceRules'), errors)
  checkRules(match.excludeResourceRules, at.child('excludeResourceRules'), errors)
}

export function checkRules(rules: readonly Rule[] | undefined, at: FieldPath, errors: FieldErrors): void {
  rules?.forEach((rule, index) => {
    checkRule(rule, at.index(index), errors)
  })
}

function checkRule(rule: Rule, at: FieldPath, errors: FieldErrors): void {
  checkOperations(rule.operations ?? [], at.child('operations'), errors)
  checkWildcard(rule.apiGroups ?? [], 'API groups', at.child('apiGroups'), errors)
  checkWildcard(rule.apiVersions ?? [], 'API versions', at.child('apiVersions'), errors)
  rule.apiVersions?.forEach((version, index) => {
    if (version === '') errors.required(at.child('apiVersions').index(index))
  })
  checkResources(rule.resources ?? [], at.child('resources'), errors)
  checkOptionalChoice(rule.scope, scopes, at.child('scope'), errors)
}

function checkOperations(given: readonly string[], at: FieldPath, errors: FieldErrors): void {
  checkWildcard(given, 'operations', at, errors)
  given.forEach((operation, index) => {
    if (!operations.has(operation)) errors.notSupported(at.index(index), operation, operations.listed)
  })
}

function checkWildcard(values: readonly string[], what: string, at: FieldPath, errors: FieldErrors): void {
  if (values.length === 0) errors.required(at)
  if (values.length > 1 && values.includes('*')) {
    errors.invalid(at, values, `if '*' is present, must not specify other ${what}`)
  }
}

/** `pods`, `pods/log`, `pods/*`, `*`, `*\/log` or `*\/*`; what a wildcard covers is not named again. */
function checkResources(resources: readonly string[], at: FieldPath, errors: FieldErrors): void {
  if (resources.length === 0) errors.required(at)
  const wildcards = resources.filter((resource) => resource.endsWith('/*')).map((resource) => resource.slice(0, -2))
  resources.forEach((resource, index) => {
    const [name = '', subresource] = resource.split('/')
    if (resource === '') errors.required(at.index(index))
    else if (subresource !== undefined && subresource !== '*' && wildcards.includes(name)) {
      errors.invalid(at.index(index), resource, `if '${name}/*' is present, must not specify ${resource}`)
    }
  })
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.invalid(at, resources, "if '*/*' is present, must not specify other resources")
  }
}
