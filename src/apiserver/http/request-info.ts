import type { Query } from '../handler/call.ts'
import { booleanParameter } from '../handler/query-values.ts'
import type { RequestVerb } from '../request.ts'

/** What a request is about, read from method, path and query alone (upstream: request.RequestInfoFactory). */
export type RequestInfo = ResourceRequest | PathRequest

export interface ResourceRequest {
  readonly kind: 'resource'
  /** Empty for methods that are no verb, such as OPTIONS: only who is proxied to may know them. */
  readonly verb: Exclude<RequestVerb, 'proxy'> | ''
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly namespace: string
  /** From the path, or the single name that a list or watch selects. */
  readonly name: string
  /** Whether the path names an object. */
  readonly inPath: boolean
  readonly subresource: string
  /** What comes after the subresource: the path to be proxied, without its leading slash. */
  readonly rest: readonly string[]
}

/** A request that a verb can answer. */
export interface VerbRequest extends ResourceRequest {
  readonly verb: Exclude<ResourceRequest['verb'], ''>
}

export const hasVerb = (request: ResourceRequest): request is VerbRequest => request.verb !== ''

export interface PathRequest {
  readonly kind: 'path'
  /** The method in lower case. */
  readonly verb: string
  readonly path: string
}

/** Namespaces have subresources of their own; anything else below a namespace is a resource within it. */
const OF_NAMESPACES: ReadonlySet<string> = new Set(['status', 'finalize'])

/** Reads a request; `path` is without the query and still percent-encoded. Throws URIError on bad encoding. */
export function requestInfo(method: string, path: string, query: Query): RequestInfo {
  const parts = path.split('/')
  if (parts[parts.length - 1] === '') parts.pop()
  const root = parts[1]
  const isCore = root === 'api'
  const first = isCore ? 3 : 4 // where the resource is, after /api/v1 or /apis/group/version
  if ((!isCore && root !== 'apis') || parts.length <= first) {
    return { kind: 'path', verb: method.toLowerCase(), path }
  }
  for (let index = first; index < parts.length; index++) {
    if (parts[index]?.includes('%')) parts[index] = decodeURIComponent(parts[index] as string)
  }
  const [group, version] = isCore ? ['', parts[2] as string] : [parts[2] as string, parts[3] as string]
  return resourceRequest(method, group, version, parts.slice(first), query)
}

function resourceRequest(
  method: string,
  group: string,
  version: string,
  path: readonly string[],
  query: Query,
): ResourceRequest {
  const isOldWatch = path[0] === 'watch' && path.length > 1
  const parts = isOldWatch ? path.slice(1) : path
  const { resource, namespace, name, subresource, rest } = target(parts)
  const verb = verbOf(method, name, isOldWatch, query)
  const isCollection = verb === 'list' || verb === 'watch' || verb === 'deletecollection'
  const inPath = name !== ''
  return {
    kind: 'resource',
    verb,
    group,
    version,
    resource,
    namespace,
    name: isCollection && !inPath ? selectedName(query) : name,
    inPath,
    subresource,
    rest,
  }
}

type Target = Pick<ResourceRequest, 'resource' | 'namespace' | 'name' | 'subresource' | 'rest'>

function target(parts: readonly string[]): Target {
  if (parts[0] !== 'namespaces') return within('', parts)
  const [, namespace = '', next] = parts
  if (next !== undefined && !OF_NAMESPACES.has(next)) return within(namespace, parts.slice(2))
  return { resource: 'namespaces', namespace, name: namespace, subresource: next ?? '', rest: parts.slice(3) }
}

function within(namespace: string, [resource = '', name = '', subresource = '', ...rest]: readonly string[]) {
  return { resource, namespace, name, subresource, rest }
}

function verbOf(method: string, name: string, isOldWatch: boolean, query: Query): ResourceRequest['verb'] {
  switch (method) {
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete'
    case 'GET':
    case 'HEAD':
      if (isOldWatch || (name === '' && booleanParameter(query, 'watch'))) return 'watch'
      return name === '' ? 'list' : 'get'
    default:
      return ''
  }
}

/** A list or watch of a single name is authorized as such. */
function selectedName(query: Query): string {
  const selector = query.get('fieldSelector')
  if (!selector?.includes('metadata.name')) return ''
  const match = /(?:^|,)metadata\.name==?([^,]*)(?:,|$)/.exec(selector)
  return match?.[1] ?? ''
}
