import type { StatusError } from '../../api/status-error.ts'
import { forbidden } from '../../api/status-error.ts'
import type { RequestAttributes, ResourceAttributes } from '../request.ts'

/** The 403 of a request that no authorizer allowed, in upstream's words. `reason` is the decision's. */
export function forbiddenRequest(request: RequestAttributes, reason: string): StatusError {
  const why = reason === '' ? refusalText(request) : `${refusalText(request)}: ${reason}`
  if ('path' in request) return forbidden({ group: '', plural: '' }, '', why)
  return forbidden({ group: request.group, plural: request.resource }, request.name, why)
}

function refusalText(request: RequestAttributes): string {
  const user = `User ${JSON.stringify(request.user.name)}`
  if ('path' in request) return `${user} cannot ${request.verb} path ${JSON.stringify(request.path)}`
  return `${user} cannot ${request.verb} resource ${resourceText(request)} ${scopeText(request)}`
}

function resourceText({ resource, subresource, group }: ResourceAttributes): string {
  const target = subresource === '' ? resource : `${resource}/${subresource}`
  return `${JSON.stringify(target)} in API group ${JSON.stringify(group)}`
}

function scopeText({ namespace }: ResourceAttributes): string {
  return namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
}
