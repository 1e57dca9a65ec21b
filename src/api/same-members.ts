/** Whether two JSON values are equal, where a member that is undefined is none. The order of members does not matter. */
export function sameMembers(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left) !== Array.isArray(right)) return false
  for (const name in left) if (!sameMembers(own(left, name), own(right, name))) return false
  for (const name in right) if (own(left, name) === undefined && own(right, name) !== undefined) return false
  return true
}

const own = (object: object, name: string): unknown =>
  Object.hasOwn(object, name) ? (object as Readonly<Record<string, unknown>>)[name] : undefined
