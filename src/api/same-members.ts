type Members = Readonly<Record<string, unknown>>

/** Whether two JSON values are equal, where a member that is undefined is none. The order of members does not matter. */
export function sameMembers(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left)) return Array.isArray(right) && sameItems(left, right)
  return !Array.isArray(right) && sameObjects(left as Members, right as Members)
}

function sameItems(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (!sameMembers(left[index], right[index])) return false
  return true
}

/** Counts: what an object inherits has a name, too, and is no member of it. */
function sameObjects(left: Members, right: Members): boolean {
  let more = 0
  for (const name in left) {
    const ours = left[name]
    if (ours === undefined) continue
    if (!sameMembers(ours, right[name])) return false
    more++
  }
  for (const name in right) if (right[name] !== undefined) more--
  return more === 0
}
