import { apiPath, type ResourceDefinition } from '../../api/resource.ts'
import type { GroupVersionKind } from '../../api/schema/schema.ts'
import { operationId, operationTag } from './operation-id.ts'
import {
  collectionOperations,
  DELETE_OPTIONS,
  listEverywhere,
  type Operation,
  objectOperations,
  PATCH,
  STATUS,
  subresourceOperations,
  WATCH_EVENT,
  watchOperations,
} from './operations.ts'
import { pathParameters, queryParameters } from './parameters.ts'
import { type Dialect, type JsonSchema, referenceTo } from './schemas.ts'
import { isCustom } from './type-names.ts'

const CUSTOM_TYPES = ['application/json', 'application/yaml']
const MEDIA_TYPES = [...CUSTOM_TYPES, 'application/vnd.kubernetes.protobuf']
const STREAM_TYPES = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const CUSTOM_PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

/** Types beside those of the resources that operations refer to. */
export const OPERATION_TYPES = [STATUS, DELETE_OPTIONS, PATCH, WATCH_EVENT]

/** The paths of resources with their operations: what kubectl reads support for dry runs, validation and patches from. */
export function pathsOf(resources: readonly ResourceDefinition[], dialect: Dialect): JsonSchema {
  const paths: JsonSchema = {}
  for (const resource of resources) addResource(paths, resource, dialect)
  return Object.fromEntries(Object.entries(paths).sort(([left], [right]) => (left < right ? -1 : 1)))
}

function addResource(paths: JsonSchema, resource: ResourceDefinition, dialect: Dialect): void {
  const scope = resource.namespaced ? { namespace: '{namespace}' } : {}
  const collection = path(resource, scope)
  const object = path(resource, { ...scope, name: '{name}' })
  const add = (at: string, kind: GroupVersionKind, operations: readonly Operation[]) =>
    addPath(paths, at, { resource, kind, operations, dialect })
  add(collection, resource, collectionOperations(resource))
  add(object, resource, objectOperations(resource))
  if (resource.namespaced && resource.verbs.includes('list'))
    add(path(resource, {}), resource, listEverywhere(resource))
  for (const [name, sub] of Object.entries(resource.subresources)) {
    const operations = subresourceOperations(resource, name, sub)
    add(`${object}/${name}`, sub, operations)
    if (name === 'proxy') add(`${object}/${name}/{path}`, sub, operations.map(withPath))
  }
  if (isCustom(resource)) return
  add(watched(object, resource), resource, watchOperations(resource, 'object'))
  add(watched(collection, resource), resource, watchOperations(resource, 'collection'))
  if (resource.namespaced) {
    add(watched(path(resource, {}), resource), resource, watchOperations(resource, 'everywhere'))
  }
}

const withPath = (operation: Operation): Operation => ({ ...operation, subject: `${operation.subject}WithPath` })

/** `/api/v1/pods` → `/api/v1/watch/pods`. */
function watched(at: string, { version }: ResourceDefinition): string {
  const end = at.indexOf(`/${version}/`) + version.length + 1
  return `${at.slice(0, end)}/watch${at.slice(end)}`
}

const path = (resource: ResourceDefinition, parts: Parameters<typeof apiPath>[1]): string =>
  decodeURIComponent(apiPath(resource, parts))

interface PathEntry {
  readonly resource: ResourceDefinition
  readonly kind: GroupVersionKind
  readonly operations: readonly Operation[]
  readonly dialect: Dialect
}

function addPath(paths: JsonSchema, at: string, entry: PathEntry): void {
  if (entry.operations.length === 0) return
  const methods = entry.operations.map((operation) => [operation.method, operationSchema(operation, entry)])
  paths[at] = { ...Object.fromEntries(methods), parameters: pathParameters(at, entry.resource.kind, entry.dialect) }
}

function operationSchema(operation: Operation, { resource, kind: { group, version, kind }, dialect }: PathEntry) {
  const common = {
    tags: [operationTag(resource)],
    description: operation.description,
    operationId: operationId(resource, operation),
    'x-kubernetes-action': operation.action,
    'x-kubernetes-group-version-kind': { group, kind, version },
  }
  return writtenOperation(operation, common, { dialect, custom: isCustom(resource) })
}

/** An operation as a document has it. `common`: what both versions write alike. Custom resources have no protobuf form. */
export function writtenOperation(
  operation: Operation,
  common: JsonSchema,
  { dialect, custom }: { dialect: Dialect; custom: boolean },
): JsonSchema {
  return dialect === 'v2' ? version2(operation, common, custom) : version3(operation, common, custom)
}

const patchTypes = (custom: boolean): string[] => (custom ? CUSTOM_PATCHES : PATCHES)

function answeredTypes({ action, answer, streams }: Operation, custom: boolean): string[] {
  if (action === 'connect') return ['*/*']
  const types = custom ? CUSTOM_TYPES : MEDIA_TYPES
  if (!answer) return ['text/plain', ...types]
  return streams && !custom ? [...types, ...STREAM_TYPES] : types
}

function version2(operation: Operation, common: JsonSchema, custom: boolean): JsonSchema {
  const { body, method } = operation
  const schema = answerSchema(operation, 'v2')
  const isRequired = method !== 'delete'
  const bodyParameter = body
    ? [{ name: 'body', in: 'body', ...(isRequired && { required: true }), schema: referenceTo(body, 'v2') }]
    : []
  const consumed = custom ? CUSTOM_TYPES : ['*/*']
  return {
    ...common,
    consumes: method === 'patch' ? patchTypes(custom) : consumed,
    produces: answeredTypes(operation, custom),
    schemes: ['https'],
    parameters: [...bodyParameter, ...queryParameters(operation.parameters, 'v2')],
    responses: responses(operation, (code) => ({ description: CODES[code], schema })),
  }
}

function version3(operation: Operation, common: JsonSchema, custom: boolean): JsonSchema {
  const { body, method } = operation
  const schema = answerSchema(operation, 'v3')
  const taken = method === 'patch' ? patchTypes(custom) : custom ? CUSTOM_TYPES : ['*/*']
  return {
    ...common,
    parameters: queryParameters(operation.parameters, 'v3'),
    ...(body && {
      requestBody: { content: content(taken, referenceTo(body, 'v3')), ...(method !== 'delete' && { required: true }) },
    }),
    responses: responses(operation, (code) => ({
      description: CODES[code],
      content: content(answeredTypes(operation, custom), schema),
    })),
  }
}

const CODES: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

const responses = ({ codes }: Operation, response: (code: number) => JsonSchema): JsonSchema => ({
  ...Object.fromEntries(codes.map((code) => [code, response(code)])),
  401: { description: 'Unauthorized' },
})

const answerSchema = ({ answer }: Operation, dialect: Dialect): JsonSchema =>
  answer ? referenceTo(answer, dialect) : { type: 'string' }

const content = (types: readonly string[], schema: JsonSchema): JsonSchema =>
  Object.fromEntries(types.map((type) => [type, { schema }]))
