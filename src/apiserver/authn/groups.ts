import type { UserInfo } from '../request.ts'

export const AUTHENTICATED = 'system:authenticated'
export const UNAUTHENTICATED = 'system:unauthenticated'

/** Who asks without credentials. */
export const anonymous: UserInfo = { name: 'system:anonymous', groups: [UNAUTHENTICATED] }

const ANONYMOUS_PATHS = new Set(['/healthz', '/livez', '/readyz', '/version'])

/**
 * Where requests without credentials are served: health and version only (upstream: AnonymousAuthConfigurableEndpoints).
 * Everywhere else they get 401 before anything is read.
 */
export function allowsAnonymous(path: string): boolean {
  return ANONYMOUS_PATHS.has(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)
}

const authenticated = new WeakMap<UserInfo, UserInfo>()

/** Adds system:authenticated to whoever is not anonymous, as the last group. Of the same user it makes the same one. */
export function asAuthenticated(user: UserInfo): UserInfo {
  if (user.name === anonymous.name) return user
  if (user.groups.includes(AUTHENTICATED) || user.groups.includes(UNAUTHENTICATED)) return user
  let known = authenticated.get(user)
  if (!known) {
    known = { ...user, groups: [...user.groups, AUTHENTICATED] }
    authenticated.set(user, known)
  }
  return known
}
