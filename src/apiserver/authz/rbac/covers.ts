import { goListText } from '../go-list-text.ts'
import type { Rule } from './rule-match.ts'

/** The parts of `wanted`, broken down to one verb on one thing, that no rule of `held` covers. */
export function uncovered(held: readonly Rule[], wanted: readonly Rule[]): Rule[] {
  return wanted.flatMap(breakDown).filter((rule) => !held.some((owner) => ruleCovers(owner, rule)))
}

/** Missing rights, merged by group, resource and name, as the sorted lines of upstream's message. */
export function describeMissing(missing: readonly Rule[]): string {
  const lines = new Set(compact(missing).map(ruleText))
  return [...lines].sort(byBytes).join('\n')
}

/** One rule per group × resource × name × verb, and one per path × verb. */
function breakDown(rule: Rule): Rule[] {
  const names: (string | undefined)[] = rule.resourceNames?.length ? [...rule.resourceNames] : [undefined]
  const onResources = (rule.apiGroups ?? []).flatMap((group) =>
    (rule.resources ?? []).flatMap((resource) =>
      names.flatMap((name) => rule.verbs.map((verb) => resourceRule(group, resource, verb, name))),
    ),
  )
  const onPaths = (rule.nonResourceURLs ?? []).flatMap((path) =>
    rule.verbs.map((verb): Rule => ({ verbs: [verb], nonResourceURLs: [path] })),
  )
  return [...onResources, ...onPaths]
}

function resourceRule(group: string, resource: string, verb: string, name: string | undefined): Rule {
  return {
    verbs: [verb],
    apiGroups: [group],
    resources: [resource],
    ...(name !== undefined && { resourceNames: [name] }),
  }
}

function ruleCovers(owner: Rule, sub: Rule): boolean {
  return (
    coversAll(owner.verbs, sub.verbs) &&
    coversAll(owner.apiGroups, sub.apiGroups) &&
    (sub.resources ?? []).every((resource) => resourceCovered(owner.resources ?? [], resource)) &&
    (sub.nonResourceURLs ?? []).every((path) => pathCovered(owner.nonResourceURLs ?? [], path)) &&
    namesCovered(owner.resourceNames ?? [], sub.resourceNames ?? [])
  )
}

function coversAll(held: readonly string[] = [], wanted: readonly string[] = []): boolean {
  return held.includes('*') || wanted.every((value) => held.includes(value))
}

function resourceCovered(held: readonly string[], wanted: string): boolean {
  if (held.includes('*') || held.includes(wanted)) return true
  const slash = wanted.indexOf('/')
  return slash >= 0 && held.includes(`*${wanted.slice(slash)}`)
}

function pathCovered(held: readonly string[], wanted: string): boolean {
  return held.some((owned) => owned === wanted || (owned.endsWith('*') && wanted.startsWith(owned.replace(/\*+$/, ''))))
}

/** Without names an owner holds every object; with names it cannot grant the right on all objects. */
function namesCovered(held: readonly string[], wanted: readonly string[]): boolean {
  if (held.length === 0) return true
  return wanted.length > 0 && wanted.every((name) => held.includes(name))
}

/** Joins the verbs of rules about the same group, resource and name. */
function compact(rules: readonly Rule[]): Rule[] {
  const merged = new Map<string, { rule: Rule; verbs: string[] }>()
  const others: Rule[] = []
  for (const rule of rules) {
    if (rule.nonResourceURLs?.length) {
      others.push(rule)
      continue
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames])
    const entry = merged.get(key)
    if (entry) entry.verbs.push(...rule.verbs)
    else merged.set(key, { rule, verbs: [...rule.verbs] })
  }
  return [...[...merged.values()].map(({ rule, verbs }) => ({ ...rule, verbs })), ...others]
}

function ruleText(rule: Rule): string {
  const parts: [string, readonly string[] | undefined][] = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['ResourceNames', rule.resourceNames],
    ['Verbs', rule.verbs],
  ]
  const texts = parts.filter(([, values]) => values?.length).map(([label, values]) => `${label}:${goListText(values)}`)
  return `{${texts.join(', ')}}`
}

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
