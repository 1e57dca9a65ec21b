import type { Fragment } from './fragment.ts'

/** From what a Service has in the kernel to what it should have. */
export interface Change {
  readonly from: Fragment
  readonly to: Fragment
}

/**
 * One nft transaction (`nft -f`) that makes all changes at once, or the empty string when there are none. Its length is
 * proportional to what differs. Order within: what others refer to is made first and removed last.
 */
export function transactionText(table: string, changes: readonly Change[]): string {
  const lines: string[] = []
  for (const change of changes) addContainers(lines, table, change)
  for (const change of changes) removeElements(lines, table, change)
  for (const change of changes) writeRules(lines, table, change)
  for (const change of changes) addElements(lines, table, change)
  for (const change of changes) flushGone(lines, table, change)
  for (const change of changes) removeGone(lines, table, change)
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

function addContainers(lines: string[], table: string, { from, to }: Change): void {
  for (const [set, definition] of to.sets) {
    if (!from.sets.has(set)) lines.push(`add set ip ${table} ${set} { ${definition} }`)
  }
  for (const chain of to.chains.keys()) if (!from.chains.has(chain)) lines.push(`add chain ip ${table} ${chain}`)
}

function removeElements(lines: string[], table: string, { from, to }: Change): void {
  for (const [owner, elements] of from.elements) {
    const wanted = to.elements.get(owner)
    const gone = [...elements].filter(([key, value]) => wanted?.get(key) !== value).map(([key]) => key)
    if (gone.length > 0) lines.push(`delete element ip ${table} ${owner} { ${gone.join(', ')} }`)
  }
}

function writeRules(lines: string[], table: string, { from, to }: Change): void {
  for (const [chain, rules] of to.chains) {
    const before = from.chains.get(chain)
    if (before && same(before, rules)) continue
    if (before) lines.push(`flush chain ip ${table} ${chain}`)
    for (const rule of rules) lines.push(`add rule ip ${table} ${chain} ${rule}`)
  }
}

function addElements(lines: string[], table: string, { from, to }: Change): void {
  for (const [owner, elements] of to.elements) {
    const had = from.elements.get(owner)
    const fresh = [...elements].filter(([key, value]) => had?.get(key) !== value)
    if (fresh.length === 0) continue
    const texts = fresh.map(([key, value]) => (value === '' ? key : `${key} : ${value}`))
    lines.push(`add element ip ${table} ${owner} { ${texts.join(', ')} }`)
  }
}

function flushGone(lines: string[], table: string, { from, to }: Change): void {
  for (const chain of from.chains.keys()) if (!to.chains.has(chain)) lines.push(`flush chain ip ${table} ${chain}`)
}

function removeGone(lines: string[], table: string, { from, to }: Change): void {
  for (const chain of from.chains.keys()) if (!to.chains.has(chain)) lines.push(`delete chain ip ${table} ${chain}`)
  for (const set of from.sets.keys()) if (!to.sets.has(set)) lines.push(`delete set ip ${table} ${set}`)
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((rule, index) => rule === b[index])
