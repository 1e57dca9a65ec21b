import type { PolicyRule } from '../../../api/types/rbac.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { RequestAttributes } from '../../request.ts'

export type Rule = DeepReadonly<PolicyRule>

const ANY = '*'

/** Whether one of the rules grants the request. RBAC rules only grant; nothing denies. */
export function rulesAllow(rules: readonly Rule[], request: RequestAttributes): boolean {
  return rules.some((rule) => ruleAllows(rule, request))
}

export function ruleAllows(rule: Rule, request: RequestAttributes): boolean {
  if (!has(rule.verbs, request.verb)) return false
  if ('path' in request) return pathMatches(rule.nonResourceURLs, request.path)
  return (
    has(rule.apiGroups, request.group) &&
    resourceMatches(rule.resources, request.resource, request.subresource) &&
    nameMatches(rule.resourceNames, request.name)
  )
}

/** `/apis/*` grants everything below `/apis/`, `*` everything. */
export function pathMatches(patterns: readonly string[] = [], path: string): boolean {
  return patterns.some((pattern) => (pattern.endsWith(ANY) ? path.startsWith(trimStars(pattern)) : pattern === path))
}

/** `pods/log` names one subresource, `*\/scale` that subresource of every resource. */
function resourceMatches(resources: readonly string[] = [], resource: string, subresource: string): boolean {
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  return resources.some(
    (wanted) => wanted === ANY || wanted === combined || (subresource !== '' && wanted === `${ANY}/${subresource}`),
  )
}

/** No names: every object, also those without a name yet (create, list). */
function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name)
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return list?.some((entry) => entry === ANY || entry === value) ?? false
}

const trimStars = (pattern: string): string => pattern.replace(/\*+$/, '')
