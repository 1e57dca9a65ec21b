import { builtinResources } from '../../src/api/kinds/index.ts'
import { apiPath, type ResourceDefinition } from '../../src/api/resource.ts'
import { type FuzzBody, fuzzBody, fuzzPatch } from './bodies.ts'
import { Chance } from './chance.ts'
import { mutateText, NASTY_TEXTS } from './mutations.ts'
import { fuzzQuery, type Known } from './queries.ts'

/** How a request is sent. */
export const Way = {
  Http1: 'http1',
  Http2: 'http2',
  /** Over HTTP/2, and broken off at some time. */
  Http2Reset: 'http2-reset',
  /** Over HTTP/1.1, and the connection is cut at some time. */
  Http1Cut: 'http1-cut',
} as const
export type Way = (typeof Way)[keyof typeof Way]

export interface FuzzRequest extends FuzzBody {
  readonly number: number
  readonly way: Way
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** In chunks instead of with its length. */
  readonly chunked: boolean
  /** For the ways that break off: after how many ms. */
  readonly cutAfterMs: number
}

/** Where fuzzed objects live; only here is anything written for good. */
export const NAMESPACES = ['fuzz-a', 'fuzz-b'] as const
/** Names of fuzzed objects, within namespaces and without. */
const NAMES = Array.from({ length: 12 }, (_, index) => `fuzz-${index}`)
const PREFIX = /\/fuzz-/

/** Kinds that change how every later request is answered: written with dryRun alone. */
const FAR_REACHING: ReadonlySet<string> = new Set([
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'APIService',
  'CustomResourceDefinition',
  'FlowSchema',
  'PriorityLevelConfiguration',
  'ResourceQuota',
  'PriorityClass',
])

const RESOURCES = builtinResources()
const PLAIN_PATHS = [
  '/',
  '/api',
  '/apis',
  '/api/v1',
  '/apis/apps',
  '/apis/apps/v1',
  '/openapi/v3',
  '/version',
  '/version/',
  '/healthz',
  '/livez/ping',
  '/readyz?verbose',
  '/.well-known/openid-configuration',
  '/openid/v1/jwks',
  '/logs',
  '/apis/apps/v1/namespaces/fuzz-a/deployments/fuzz-0/scale/extra',
]

/** Documents of megabytes: asked for now and then. */
const LARGE_PATHS = ['/openapi/v2', '/openapi/v3/api/v1', '/openapi/v3/apis/apps/v1', '/metrics']

const ACCEPTS = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
  'application/vnd.kubernetes.protobuf,application/json',
  'application/json;as=Table;v=v1;g=meta.k8s.io,application/json',
  'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io',
  'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
  'application/cbor',
  'text/html, */*;q=0.1',
  'application/*',
  'application/json;q=0, application/yaml',
  'image/png',
  'application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io',
]

/** The request of this number. It depends on nothing but the arguments. */
export function fuzzRequest(seed: number, number: number, known: Known): FuzzRequest {
  const chance = new Chance(seed, number)
  const definition = chance.oneOf(RESOURCES)
  const method = methodOf(chance)
  const target = targetOf(definition, method, chance)
  const path = chance.is(0.12) ? sendable(mutateText(target, chance)) : target
  const body = bodyOf(definition, method, chance)
  const whole = restrained({ method, path, query: fuzzQuery(chance, method, known), body }, definition)
  return {
    ...whole,
    number,
    method,
    headers: headersOf(chance, body),
    way: wayOf(chance),
    chunked: chance.is(0.2),
    cutAfterMs: chance.below(20),
  }
}

const wayOf = (chance: Chance): Way =>
  chance.weighted([
    [78, Way.Http1],
    [16, Way.Http2],
    [4, Way.Http2Reset],
    [2, Way.Http1Cut],
  ])

const methodOf = (chance: Chance): string =>
  chance.weighted([
    [34, 'GET'],
    [24, 'POST'],
    [13, 'PUT'],
    [15, 'PATCH'],
    [9, 'DELETE'],
    [1, 'HEAD'],
    [1, 'OPTIONS'],
    [1, chance.oneOf(['TRACE', 'LINK', 'PROPFIND', 'MKCOL', 'QUERY'])],
  ])

function targetOf(definition: ResourceDefinition, method: string, chance: Chance): string {
  if (chance.is(0.0005)) return chance.oneOf(LARGE_PATHS)
  return chance.is(0.05) ? chance.oneOf(PLAIN_PATHS) : pathOf(definition, method, chance)
}

function pathOf(definition: ResourceDefinition, method: string, chance: Chance): string {
  const isOfCollection = method === 'POST' ? chance.is(0.85) : method === 'GET' ? chance.is(0.5) : chance.is(0.06)
  const name = isOfCollection ? undefined : chance.is(0.9) ? chance.oneOf(NAMES) : chance.oneOf(NASTY_TEXTS)
  const subresource =
    name !== undefined && chance.is(0.2)
      ? chance.oneOf([...Object.keys(definition.subresources), 'status', 'scale', 'nothing', 'log', 'proxy'])
      : undefined
  const namespace = definition.namespaced && chance.is(0.96) ? chance.oneOf(NAMESPACES) : ''
  const path = apiPath(definition, {
    namespace,
    ...(name !== undefined && { name: name }),
    ...(subresource !== undefined && { subresource }),
  })
  return chance.is(0.02) ? path.replace(/\/v\d[^/]*\//, '$&watch/') : path
}

function bodyOf(definition: ResourceDefinition, method: string, chance: Chance): FuzzBody {
  if (method === 'PATCH') return fuzzPatch(definition, chance)
  if (method === 'POST' || method === 'PUT') return fuzzBody(definition, chance, chance.oneOf(NAMES))
  if (method !== 'DELETE') return chance.is(0.02) ? fuzzBody(definition, chance, 'fuzz-0') : {}
  const options = {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: chance.oneOf(['Orphan', 'Background', 'X']),
  }
  return chance.is(0.4) ? { body: Buffer.from(JSON.stringify(options)), type: 'application/json' } : {}
}

function headersOf(chance: Chance, { type }: FuzzBody): Record<string, string> {
  const headers: Record<string, string> = {}
  if (type !== undefined) headers['content-type'] = chance.is(0.05) ? headerSafe(mutateText(type, chance)) : type
  if (chance.is(0.7)) headers.accept = chance.oneOf(ACCEPTS)
  if (chance.is(0.05)) headers.accept = headerSafe(mutateText(headers.accept ?? '*/*', chance))
  if (chance.is(0.1)) headers['accept-encoding'] = chance.oneOf(['gzip', 'gzip;q=0', 'br', '*', ''])
  if (chance.is(0.02)) headers['user-agent'] = chance.oneOf(['Mozilla/5.0', 'curl/8.0', '', 'x'.repeat(2000)])
  if (chance.is(0.01)) headers['audit-id'] = headerSafe(chance.oneOf(NASTY_TEXTS))
  if (chance.is(0.01)) headers.authorization = chance.oneOf(['Bearer x', 'Basic eA==', 'Bearer', 'Bearer a.b.c'])
  if (chance.is(0.01))
    headers['impersonate-user'] = headerSafe(chance.oneOf(['jane', 'system:admin', '', ...NASTY_TEXTS]))
  if (chance.is(0.01)) headers['content-encoding'] = chance.oneOf(['gzip', 'identity'])
  if (chance.is(0.01)) headers['if-none-match'] = chance.oneOf(['*', '"x"'])
  return headers
}

/**
 * Keeps what is not ours as it is: deletions that do not name something fuzzed, writes of far-reaching kinds, and of all
 * namespaces at once, come with dryRun, in the query and without a body that would say otherwise.
 */
function restrained(
  request: { method: string; path: string; query: string; body: FuzzBody },
  { kind }: ResourceDefinition,
): { path: string } & FuzzBody {
  const { method, path, query, body } = request
  const isFar = FAR_REACHING.has(kind) || /fuzz-[ab](\/(status|finalize))?\/?$/.test(path)
  const isWrite = method !== 'GET' && method !== 'HEAD'
  const isRestrained = isWrite && (isFar || (method === 'DELETE' && !PREFIX.test(path)))
  if (!isRestrained) return { path: joined(path, query), ...body }
  const all = joined(path, [query, 'dryRun=All'].filter((part) => part !== '').join('&'))
  return method === 'DELETE' ? { path: all } : { path: all, ...body }
}

const joined = (path: string, query: string): string =>
  query === '' ? path : `${path}${path.includes('?') ? '&' : '?'}${query}`

/** What a well-behaved HTTP library still sends. Worse is for the raw requests. */
export const sendable = (path: string): string => {
  const safe = path
    .replace(/[^!-~]/g, (character) => encodeURIComponent(character.toWellFormed()))
    .replaceAll('#', '%23')
  return safe.startsWith('/') ? safe : `/${safe}`
}

const headerSafe = (text: string): string => text.replace(/[^ -~]/g, '?')
