import type { SubresourceSchema } from '../../api/schema/schema.ts'

const PROXIED = ['create', 'delete', 'get', 'patch', 'update']
const STREAMED = ['create', 'get']

/** The verbs that discovery shows: a proxy takes every method, other connections are opened by GET or POST. */
export function shownVerbs(subresource: string, { verbs }: SubresourceSchema): readonly string[] {
  if (!verbs.includes('connect')) return verbs
  return subresource === 'proxy' ? PROXIED : STREAMED
}
