import type { SubresourceSchema } from '../../api/schema/schema.ts'
import type { ShownResource } from './shown-resource.ts'

const PROXIED = ['create', 'delete', 'get', 'patch', 'update']
const STREAMED = ['create', 'get']

const WHILE_TERMINATING = ['delete', 'deletecollection', 'get', 'list', 'watch']

/** The verbs of a resource that discovery shows: a custom resource whose definition goes is not to be written any more. */
export const shownVerbs = ({ verbs, isTerminating }: ShownResource): readonly string[] =>
  isTerminating ? WHILE_TERMINATING : verbs

/** The same of a subresource: a proxy takes every method, other connections are opened by GET or POST. */
export function shownSubresourceVerbs(subresource: string, { verbs }: SubresourceSchema): readonly string[] {
  if (!verbs.includes('connect')) return verbs
  return subresource === 'proxy' ? PROXIED : STREAMED
}
