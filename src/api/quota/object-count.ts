import { noScope, objectCountName, onCreate, type QuotaEvaluator } from './evaluator.ts'

/** Counts objects, under their plain name too where they are among the first that quota knew. */
export function objectCount(group: string, plural: string, alias?: string): QuotaEvaluator {
  const names = [objectCountName(group, plural), ...(alias === undefined ? [] : [alias])]
  const one = Object.fromEntries(names.map((name) => [name, '1']))
  return {
    group,
    plural,
    counts: (name) => names.includes(name),
    usage: () => one,
    isCharged: onCreate,
    matchesScope: noScope,
  }
}
