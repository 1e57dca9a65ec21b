import type { RequestAttributes, UserInfo } from '../../request.ts'
import type { Rule } from './rule-match.ts'
import { pathMatches } from './rule-match.ts'

/** The rules that one binding gives to one subject; `reason` is upstream's text for a request that they allow. */
export interface Grant {
  readonly rules: readonly Rule[]
  readonly reason: string
}

interface ResourceEntry {
  readonly verbs: ReadonlySet<string>
  readonly names: ReadonlySet<string> | undefined
  readonly reason: string
}

interface PathEntry {
  readonly verbs: ReadonlySet<string>
  readonly patterns: readonly string[]
  readonly reason: string
}

/**
 * What one subject was granted, laid out so that a request is decided by a handful of map lookups, however many rules
 * there are. Keys are `group|resource` and `group|resource/subresource`, each part possibly `*`.
 */
export class SubjectGrants {
  readonly grants: readonly Grant[]
  /** Bindings of this subject whose role does not exist, as errors. */
  readonly missing: readonly string[]
  readonly #byResource = new Map<string, ResourceEntry[]>()
  readonly #paths: PathEntry[] = []

  constructor(grants: readonly Grant[], missing: readonly string[]) {
    this.grants = grants
    this.missing = missing
    for (const grant of grants) for (const rule of grant.rules) this.#add(rule, grant.reason)
  }

  /** The reason of a grant that allows the request, or undefined. */
  allows(request: RequestAttributes): string | undefined {
    if ('path' in request) return this.#allowsPath(request.verb, request.path)
    const { group, resource, subresource } = request
    const target = subresource === '' ? resource : `${resource}/${subresource}`
    return (
      this.#lookup(`${group}|${target}`, request) ??
      this.#lookup(`*|${target}`, request) ??
      this.#lookup(`${group}|*`, request) ??
      this.#lookup('*|*', request) ??
      (subresource === '' ? undefined : this.#anySubresource(request))
    )
  }

  #anySubresource(request: RequestAttributes & { group: string; subresource: string }): string | undefined {
    const target = `*/${request.subresource}`
    return this.#lookup(`${request.group}|${target}`, request) ?? this.#lookup(`*|${target}`, request)
  }

  #lookup(key: string, { verb, name }: { verb: string; name?: string }): string | undefined {
    const entries = this.#byResource.get(key)
    if (entries === undefined) return undefined
    for (const { verbs, names, reason } of entries) {
      if ((verbs.has(verb) || verbs.has('*')) && (names === undefined || names.has(name ?? ''))) return reason
    }
    return undefined
  }

  #allowsPath(verb: string, path: string): string | undefined {
    const match = ({ verbs, patterns }: PathEntry) => (verbs.has(verb) || verbs.has('*')) && pathMatches(patterns, path)
    return this.#paths.find(match)?.reason
  }

  #add(rule: Rule, reason: string): void {
    const verbs = new Set(rule.verbs)
    const names = rule.resourceNames?.length ? new Set(rule.resourceNames) : undefined
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        const key = `${group}|${resource}`
        const entries = this.#byResource.get(key)
        if (entries) entries.push({ verbs, names, reason })
        else this.#byResource.set(key, [{ verbs, names, reason }])
      }
    }
    if (rule.nonResourceURLs?.length) this.#paths.push({ verbs, patterns: rule.nonResourceURLs, reason })
  }
}

/** Keys of the subjects that a user stands for: itself, and each of its groups. */
export function subjectKeys({ name, groups }: UserInfo): string[] {
  return [userKey(name), ...groups.map(groupKey)]
}

export const userKey = (name: string): string => `u:${name}`
export const groupKey = (name: string): string => `g:${name}`
