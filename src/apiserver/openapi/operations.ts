import type { ResourceDefinition } from '../../api/resource.ts'
import type { SubresourceSchema } from '../../api/schema/schema.ts'
import { titled } from './operation-id.ts'
import { DELETE_PARAMETERS, GET_PARAMETERS, LIST_PARAMETERS, PATCH_PARAMETERS, WRITE_PARAMETERS } from './parameters.ts'
import { listTypeOf, ownTypeOf, typeNameOf } from './type-names.ts'

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
export const STATUS = `${META}Status`
export const DELETE_OPTIONS = `${META}DeleteOptions`
export const PATCH = `${META}Patch`
export const WATCH_EVENT = `${META}WatchEvent`

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options'

/** One method of one path, in whatever dialect it will be written. */
export interface Operation {
  readonly method: Method
  /** `x-kubernetes-action`. */
  readonly action: string
  /** How its id begins: `read`. */
  readonly verb: string
  /** What follows group and version in its id: `NamespacedPodStatus`. */
  readonly subject: string
  readonly description: string
  readonly parameters: readonly string[]
  /** Name of the type of the body. */
  readonly body?: string
  /** Name of the type answered; plain text where absent. */
  readonly answer?: string
  /** Status codes of success. */
  readonly codes: readonly number[]
  readonly streams?: boolean
}

interface Words {
  /** `NamespacedPod` or `Node`. */
  readonly subject: string
  readonly kind: string
}

const wordsOf = ({ namespaced, kind }: ResourceDefinition): Words => ({
  subject: `${namespaced ? 'Namespaced' : ''}${kind}`,
  kind,
})

const article = (kind: string): string => (/^[AEIOU]/.test(kind) ? 'an' : 'a')

/** Lists of a namespaced kind over all namespaces. */
export function listEverywhere(resource: ResourceDefinition): Operation[] {
  return list(resource, { kind: resource.kind, subject: `${resource.kind}ForAllNamespaces` })
}

export function collectionOperations(resource: ResourceDefinition): Operation[] {
  const { verbs } = resource
  const words = wordsOf(resource)
  const { kind, subject } = words
  return [
    ...list(resource, words),
    ...(verbs.includes('create') ? [create(subject, `create ${article(kind)} ${kind}`, ownTypeOf(resource))] : []),
    ...(verbs.includes('deletecollection')
      ? [
          {
            method: 'delete',
            action: 'deletecollection',
            verb: 'delete',
            subject: `Collection${subject}`,
            description: `delete a collection of ${kind}`,
            parameters: [
              ...new Set([...DELETE_PARAMETERS, ...LIST_PARAMETERS.filter((name) => !OF_WATCHES.has(name))]),
            ],
            body: DELETE_OPTIONS,
            answer: STATUS,
            codes: [200],
          } as const,
        ]
      : []),
  ]
}

const OF_WATCHES: ReadonlySet<string> = new Set(['watch', 'allowWatchBookmarks'])

export function objectOperations(resource: ResourceDefinition): Operation[] {
  const { verbs, kind } = resource
  const { subject } = wordsOf(resource)
  const own = ownTypeOf(resource)
  return [
    ...changes(verbs, subject, `the specified ${kind}`, own),
    ...(verbs.includes('delete')
      ? [
          {
            method: 'delete',
            action: 'delete',
            verb: 'delete',
            subject,
            description: `delete ${article(kind)} ${kind}`,
            parameters: DELETE_PARAMETERS,
            body: DELETE_OPTIONS,
            answer: RETURNS_DELETED.has(kind) ? own : STATUS,
            codes: [200, 202],
          } as const,
        ]
      : []),
  ]
}

/** Kinds whose deletion answers with the object that is gone or going. */
const RETURNS_DELETED: ReadonlySet<string> = new Set([
  'Pod',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'PodTemplate',
  'ResourceQuota',
  'Service',
  'ServiceAccount',
  'StorageClass',
  'VolumeAttachment',
  'CSIDriver',
  'CSINode',
  'PodSecurityPolicy',
])

/** Deprecated since `watch=true` of lists, and still served. */
export function watchOperations(
  resource: ResourceDefinition,
  place: 'object' | 'collection' | 'everywhere',
): Operation[] {
  if (!resource.verbs.includes('watch')) return []
  const { subject, kind } = wordsOf(resource)
  const isObject = place === 'object'
  const suffix = { object: subject, collection: `${subject}List`, everywhere: `${kind}ListForAllNamespaces` }
  return [
    {
      method: 'get',
      action: isObject ? 'watch' : 'watchlist',
      verb: 'watch',
      subject: suffix[place],
      description: `watch ${isObject ? `one ${kind}` : `a list of ${kind}`}; deprecated: list with watch=true instead`,
      parameters: LIST_PARAMETERS,
      answer: WATCH_EVENT,
      codes: [200],
      streams: true,
    },
  ]
}

export function subresourceOperations(resource: ResourceDefinition, name: string, sub: SubresourceSchema): Operation[] {
  const { kind } = resource
  const subject = `${wordsOf(resource).subject}${titled(name)}`
  if (sub.verbs.includes('connect')) return connections(name, subject, kind)
  if (name === 'log') return [read(subject, `read log of the specified ${kind}`, LOG_PARAMETERS, undefined)]
  const type = sub.kind === kind ? ownTypeOf(resource) : typeNameOf(sub)
  if (!type) return []
  return [
    ...changes(sub.verbs, subject, `${name} of the specified ${kind}`, type),
    ...(sub.verbs.includes('create') ? [create(subject, `create ${name} of ${article(kind)} ${kind}`, type)] : []),
  ]
}

const LOG_PARAMETERS = [
  'container',
  'follow',
  'insecureSkipTLSVerifyBackend',
  'limitBytes',
  'previous',
  'sinceSeconds',
  'stream',
  'tailLines',
  'timestamps',
]

const EVERY_METHOD: readonly Method[] = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put']

const CONNECT_PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  exec: ['command', 'container', 'stderr', 'stdin', 'stdout', 'tty'],
  attach: ['container', 'stderr', 'stdin', 'stdout', 'tty'],
  portforward: ['ports'],
  proxy: ['path'],
}

/** Connections: exec, attach and port forwarding open with GET or POST, a proxy passes every method on. */
export function connections(name: string, subject: string, kind: string): Operation[] {
  const methods: readonly Method[] = name === 'proxy' ? EVERY_METHOD : ['get', 'post']
  return methods.map((method) => ({
    method,
    action: 'connect',
    verb: 'connect',
    subject: `${titled(method)}${subject}`,
    description: `connect ${method.toUpperCase()} requests to ${name} of ${kind}`,
    parameters: CONNECT_PARAMETERS[name] ?? [],
    codes: [200],
  }))
}

function list(resource: ResourceDefinition, { kind, subject }: Words): Operation[] {
  const answer = listTypeOf(resource)
  if (!resource.verbs.includes('list') || !answer) return []
  const description = `list or watch objects of kind ${kind}`
  return [
    {
      ...read(subject, description, LIST_PARAMETERS, answer),
      action: 'list',
      verb: 'list',
      streams: resource.verbs.includes('watch'),
    },
  ]
}

function read(
  subject: string,
  description: string,
  parameters: readonly string[],
  answer: string | undefined,
): Operation {
  return {
    method: 'get',
    action: 'get',
    verb: 'read',
    subject,
    description,
    parameters,
    ...(answer && { answer }),
    codes: [200],
  }
}

const create = (subject: string, description: string, type: string): Operation => ({
  method: 'post',
  action: 'post',
  verb: 'create',
  subject,
  description,
  parameters: WRITE_PARAMETERS,
  body: type,
  answer: type,
  codes: [200, 201, 202],
})

function changes(verbs: readonly string[], subject: string, what: string, type: string): Operation[] {
  const written = { subject, answer: type, codes: [200, 201] }
  const replace = { method: 'put', action: 'put', verb: 'replace', parameters: WRITE_PARAMETERS, body: type } as const
  const patch = { method: 'patch', action: 'patch', verb: 'patch', parameters: PATCH_PARAMETERS, body: PATCH } as const
  return [
    ...(verbs.includes('get') ? [read(subject, `read ${what}`, GET_PARAMETERS, type)] : []),
    ...(verbs.includes('update') ? [{ ...replace, ...written, description: `replace ${what}` }] : []),
    ...(verbs.includes('patch') ? [{ ...patch, ...written, description: `partially update ${what}` }] : []),
  ]
}
