import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type {
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from '../../types/admissionregistration.v1.ts'
import { checkOptionalChoice, choices } from '../validation/choices.ts'
import type { FieldErrors } from '../validation/field-errors.ts'
import type { FieldPath } from '../validation/field-path.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { pathSegmentErrors } from '../validation/path-segment.ts'

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
  checkNamedRules(match.resourceRules, at.child('resourceRules'), errors)
  checkNamedRules(match.excludeResourceRules, at.child('excludeResourceRules'), errors)
}

function checkNamedRules(
  rules: readonly DeepReadonly<NamedRuleWithOperations>[] | undefined,
  at: FieldPath,
  errors: FieldErrors,
): void {
  rules?.forEach((rule, index) => {
    checkResourceNames(rule.resourceNames ?? [], at.index(index).child('resourceNames'), errors)
    checkRule(rule, at.index(index), errors)
  })
}

function checkResourceNames(names: readonly string[], at: FieldPath, errors: FieldErrors): void {
  names.forEach((name, index) => {
    errors.invalidAll(at.index(index), name, pathSegmentErrors(name))
    if (names.indexOf(name) < index) errors.duplicate(at.index(index), name)
  })
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

/** `pods`, `pods/log`, `pods/*`, `*`, `*\/log` or `*\/*`; what a wildcard before it covers is not named again. */
function checkResources(resources: readonly string[], at: FieldPath, errors: FieldErrors): void {
  if (resources.length === 0) errors.required(at)
  const wildcards = new Set<string>()
  for (const [index, resource] of resources.entries()) {
    if (resource === '') errors.required(at.index(index))
    const [name = '', subresource] = splitOnce(resource)
    if (subresource === undefined) continue
    for (const wildcard of [`${name}/*`, `*/${subresource}`]) {
      if (!wildcards.has(wildcard)) continue
      errors.invalid(at.index(index), resource, `if '${wildcard}' is present, must not specify ${resource}`)
    }
    if (name === '*' || subresource === '*') wildcards.add(resource)
  }
  if (resources.length > 1 && resources.includes('*/*')) {
    errors.invalid(at, resources, "if '*/*' is present, must not specify other resources")
  }
  checkLoneStar(resources, at, errors)
}

/** As upstream: only the last resource without a subresource counts. */
function checkLoneStar(resources: readonly string[], at: FieldPath, errors: FieldErrors): void {
  const last = resources.findLast((resource) => resource !== '' && !resource.includes('/'))
  if (!resources.includes('*') || last === '*') return
  errors.invalid(at, resources, "if '*' is present, must not specify other resources without subresources")
}

function splitOnce(text: string): [string, string?] {
  const slash = text.indexOf('/')
  return slash < 0 ? [text] : [text.slice(0, slash), text.slice(slash + 1)]
}
