import type { Authorizer, Decision } from './authorizer.ts'

const ALLOW: Decision = { verdict: 'allow', reason: '' }
const NO_OPINION: Decision = { verdict: 'no-opinion', reason: '' }

/** Members of system:masters may do everything, whatever roles say: the way back in when RBAC is broken. */
export const systemMasters: Authorizer = {
  authorize: ({ user }) => (user.groups.includes('system:masters') ? ALLOW : NO_OPINION),
}
