import { apiPath } from '../../api/resource.ts'
import type { GroupVersionKind, ResourceSchema } from '../../api/schema/schema.ts'
import { schemaTable } from '../../api/schema/schema.ts'
import {
  DELETE_PARAMETERS,
  LIST_PARAMETERS,
  PATCH_PARAMETERS,
  pathParameters,
  queryParameters,
  WRITE_PARAMETERS,
} from './parameters.ts'
import { type Dialect, type JsonSchema, referenceTo } from './schemas.ts'

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
const MEDIA_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const PATCH_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

/** Types beside those of the resources that operations refer to. */
export const OPERATION_TYPES = [`${META}Status`, `${META}DeleteOptions`, `${META}Patch`]

/** Name of a kind's list type, if the table has it. */
export function listTypeOf({ type }: Pick<ResourceSchema, 'type'>): string | undefined {
  return schemaTable().types.has(`${type}List`) ? `${type}List` : undefined
}

interface Operation {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  readonly action: string
  readonly parameters: readonly string[]
  readonly body?: string
  readonly answer: string
}

/** The paths of resources with their operations: what kubectl reads support for dry runs, validation and patches from. */
export function pathsOf(resources: readonly ResourceSchema[], dialect: Dialect): JsonSchema {
  const paths: JsonSchema = {}
  for (const resource of resources) {
    const scope = resource.namespaced ? { namespace: '{namespace}' } : {}
    const collection = path(resource, scope)
    addPath(paths, collection, resource, collectionOperations(resource), dialect)
    addPath(paths, path(resource, { ...scope, name: '{name}' }), resource, objectOperations(resource), dialect)
    if (resource.namespaced && resource.verbs.includes('list')) {
      addPath(paths, path(resource, {}), resource, listOperation(resource), dialect)
    }
    for (const [name, sub] of Object.entries(resource.subresources)) {
      const at = path(resource, { ...scope, name: '{name}', subresource: name })
      addPath(paths, at, sub, subresourceOperations(resource, sub), dialect)
    }
  }
  return Object.fromEntries(Object.entries(paths).sort(([left], [right]) => (left < right ? -1 : 1)))
}

const path = (resource: ResourceSchema, parts: Parameters<typeof apiPath>[1]): string =>
  decodeURIComponent(apiPath(resource, parts))

function addPath(
  paths: JsonSchema,
  at: string,
  kind: GroupVersionKind,
  operations: readonly Operation[],
  dialect: Dialect,
): void {
  if (operations.length === 0) return
  paths[at] = {
    ...Object.fromEntries(
      operations.map((operation) => [operation.method, operationSchema(at, kind, operation, dialect)]),
    ),
    parameters: pathParameters(at, dialect),
  }
}

function listOperation(resource: ResourceSchema): Operation[] {
  const answer = listTypeOf(resource)
  return resource.verbs.includes('list') && answer
    ? [{ method: 'get', action: 'list', parameters: LIST_PARAMETERS, answer }]
    : []
}

function collectionOperations(resource: ResourceSchema): Operation[] {
  const { verbs, type } = resource
  return [
    ...listOperation(resource),
    ...(verbs.includes('create') ? [create(type)] : []),
    ...(verbs.includes('deletecollection')
      ? [remove('deletecollection', [...DELETE_PARAMETERS, ...LIST_PARAMETERS], `${META}Status`)]
      : []),
  ]
}

function objectOperations({ verbs, type }: ResourceSchema): Operation[] {
  return [
    ...changes(verbs, type),
    ...(verbs.includes('delete') ? [remove('delete', DELETE_PARAMETERS, `${META}Status`)] : []),
  ]
}

function subresourceOperations(resource: ResourceSchema, sub: ResourceSchema['subresources'][string]): Operation[] {
  const type = typeNameOf(sub) ?? resource.type
  return [...changes(sub.verbs, type), ...(sub.verbs.includes('create') ? [create(type)] : [])]
}

function changes(verbs: readonly string[], type: string): Operation[] {
  return [
    ...(verbs.includes('get') ? [{ method: 'get', action: 'get', parameters: [], answer: type } as const] : []),
    ...(verbs.includes('update')
      ? [{ method: 'put', action: 'put', parameters: WRITE_PARAMETERS, body: type, answer: type } as const]
      : []),
    ...(verbs.includes('patch')
      ? [
          {
            method: 'patch',
            action: 'patch',
            parameters: PATCH_PARAMETERS,
            body: `${META}Patch`,
            answer: type,
          } as const,
        ]
      : []),
  ]
}

const create = (type: string): Operation => ({
  method: 'post',
  action: 'post',
  parameters: WRITE_PARAMETERS,
  body: type,
  answer: type,
})

const remove = (action: string, parameters: readonly string[], answer: string): Operation => ({
  method: 'delete',
  action,
  parameters,
  body: `${META}DeleteOptions`,
  answer,
})

let typesByKind: Map<string, string> | undefined

/** The type that stands for a kind; kinds such as PodExecOptions, which are query strings, have none. */
export function typeNameOf({ group, version, kind }: GroupVersionKind): string | undefined {
  typesByKind ??= new Map(
    [...schemaTable().types.values()].flatMap(({ name, gvk = [] }) =>
      gvk.filter((entry) => name.endsWith(`.${entry.kind}`)).map((entry) => [kindKey(entry), name]),
    ),
  )
  return typesByKind.get(kindKey({ group, version, kind }))
}

const kindKey = ({ group, version, kind }: GroupVersionKind): string => `${group}/${version}/${kind}`

function operationSchema(
  at: string,
  { group, version, kind }: GroupVersionKind,
  operation: Operation,
  dialect: Dialect,
): JsonSchema {
  const { method, action, parameters, body, answer } = operation
  const contents = method === 'patch' ? PATCH_TYPES : MEDIA_TYPES
  const common = {
    description: `${action} ${kind}`,
    operationId: operationId(at, action),
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, kind, version },
  }
  const query = queryParameters(parameters, dialect)
  const schema = referenceTo(answer, dialect)
  if (dialect === 'v2') {
    const bodyParameter = body ? [{ name: 'body', in: 'body', schema: referenceTo(body, dialect) }] : []
    return {
      ...common,
      consumes: method === 'patch' ? PATCH_TYPES : ['*/*'],
      produces: MEDIA_TYPES,
      schemes: ['https'],
      parameters: [...bodyParameter, ...query],
      responses: { 200: { description: 'OK', schema }, 401: { description: 'Unauthorized' } },
    }
  }
  return {
    ...common,
    parameters: query,
    ...(body && {
      requestBody: { content: content(contents, referenceTo(body, dialect)), required: method !== 'delete' },
    }),
    responses: {
      200: { description: 'OK', content: content(MEDIA_TYPES, schema) },
      401: { description: 'Unauthorized' },
    },
  }
}

const content = (types: readonly string[], schema: JsonSchema): JsonSchema =>
  Object.fromEntries(types.map((type) => [type, { schema }]))

/** Unique among all operations: the action and the words of the path. */
function operationId(at: string, action: string): string {
  const words = at.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return action + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')
}
