import type { IncomingHttpHeaders } from 'node:http'
import { badRequest } from '../../api/status-error.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import { forbiddenRequest } from '../authz/forbidden.ts'
import type { ResourceAttributes, UserInfo } from '../request.ts'
import { headerExtra, headerValue, headerValues } from './front-proxy.ts'
import { AUTHENTICATED, UNAUTHENTICATED } from './groups.ts'
import { parseServiceAccountName, serviceAccountGroups } from './service-account-name.ts'

const PREFIX = 'impersonate-'
const EXTRA_PREFIX = 'impersonate-extra-'

type Target = Pick<ResourceAttributes, 'group' | 'resource' | 'subresource' | 'namespace' | 'name'>

/**
 * Who the request acts as: the asking user, or the one its Impersonate-* headers name, if the asking user may
 * `impersonate` the user (or service account) and each group, uid and extra value. Throws 400 or 403.
 */
export function impersonate(headers: IncomingHttpHeaders, user: UserInfo, authorizer: Authorizer): UserInfo {
  return impersonates(headers) ? impersonated(headers, user, authorizer) : user
}

/** Hardly anybody does, and everybody is asked. */
function impersonates(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) if (name.startsWith(PREFIX)) return true
  return false
}

function impersonated(headers: IncomingHttpHeaders, user: UserInfo, authorizer: Authorizer): UserInfo {
  const name = headerValue(headers, 'impersonate-user') ?? ''
  const groups = headerValues(headers, 'impersonate-group')
  const uid = headerValue(headers, 'impersonate-uid')
  const extra = headerExtra(headers, EXTRA_PREFIX)
  if (name === '') {
    if (groups.length === 0 && !uid && Object.keys(extra).length === 0) return user
    throw badRequest('requested groups, extra, or uid without impersonating a user')
  }
  for (const target of targets(name, groups, uid, extra)) demand(target, user, authorizer)
  return {
    name,
    groups: groupsOf(name, groups),
    ...(uid && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

function targets(name: string, groups: string[], uid: string | undefined, extra: Record<string, string[]>): Target[] {
  const account = parseServiceAccountName(name)
  const core = { group: '', subresource: '', namespace: '' }
  const authentication = { group: 'authentication.k8s.io', namespace: '', subresource: '' }
  return [
    account ? { ...core, resource: 'serviceaccounts', ...account } : { ...core, resource: 'users', name },
    ...groups.map((group) => ({ ...core, resource: 'groups', name: group })),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => ({ ...authentication, resource: 'userextras', subresource: key, name: value })),
    ),
    ...(uid ? [{ ...authentication, resource: 'uids', name: uid }] : []),
  ]
}

function demand(target: Target, user: UserInfo, authorizer: Authorizer): void {
  const version = target.group === '' ? '' : 'v1'
  const request: ResourceAttributes = { user, verb: 'impersonate', version, ...target }
  const { verdict, reason } = authorizer.authorize(request)
  if (verdict !== 'allow') throw forbiddenRequest(request, reason)
}

/** A service account gets its groups unless others were named; every user but the anonymous is authenticated. */
function groupsOf(name: string, named: string[]): string[] {
  const account = parseServiceAccountName(name)
  const groups = named.length === 0 && account ? serviceAccountGroups(account.namespace) : named
  if (name === 'system:anonymous') return groups.includes(UNAUTHENTICATED) ? groups : [...groups, UNAUTHENTICATED]
  return groups.includes(AUTHENTICATED) || groups.includes(UNAUTHENTICATED) ? groups : [...groups, AUTHENTICATED]
}
