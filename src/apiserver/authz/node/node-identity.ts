import type { UserInfo } from '../../request.ts'

const USER_PREFIX = 'system:node:'
const GROUP = 'system:nodes'

/** The node that a user is: undefined for others, `''` for a member of system:nodes that names none. */
export function nodeIdentity({ name, groups }: UserInfo): string | undefined {
  if (!name.startsWith(USER_PREFIX) || !groups.includes(GROUP)) return undefined
  return name.slice(USER_PREFIX.length)
}
