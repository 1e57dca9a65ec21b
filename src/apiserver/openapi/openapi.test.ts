import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinResources } from '../../api/kinds/index.ts'
import { type Document, hashOf, uncompressed } from './document.ts'
import { formOf } from './negotiate.ts'
import { OpenApi } from './openapi.ts'
import { closureOf, referencedTypes, schemaOf } from './schemas.ts'

const served = builtinResources().filter(({ version }) => /^v\d+$/.test(version))
const openApi = (resources = served) => new OpenApi({ served: () => resources, version: 'v1.36.0' })
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment'

const bytesOf = async (document: Document | undefined, form: 'json' | 'protobuf' = 'json'): Promise<Buffer> =>
  Buffer.from(await uncompressed((await document?.gzip(form)) ?? Buffer.alloc(0)))

// biome-ignore lint/suspicious/noExplicitAny: a JSON document is walked by its keys
const json = async (document: Document | undefined): Promise<any> => JSON.parse((await bytesOf(document)).toString())

test('the index names each document, with the hash that is its ETag', () => {
  const api = openApi()
  const { paths } = api.index()
  for (const path of ['api', 'api/v1', 'apis', 'apis/apps', 'apis/apps/v1', 'version']) {
    const document = api.v3(path)
    assert.equal(paths[path]?.serverRelativeURL, `/openapi/v3/${path}?hash=${document && hashOf(document)}`)
  }
})

test('every reference of every document is resolved in it', async () => {
  const api = openApi()
  for (const path of Object.keys(api.index().paths)) {
    const document = await json(api.v3(path))
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)
    for (const [, name] of references) assert.ok(document.components.schemas[name as string], `${path}: ${name}`)
  }
  const whole = await json(api.v2())
  for (const [, name] of JSON.stringify(whole).matchAll(/"#\/definitions\/([^"]+)"/g)) {
    assert.ok(whole.definitions[name as string], `version 2: ${name}`)
  }
})

test('groups and versions have their own paths beside those of resources', async () => {
  const { paths } = await json(openApi().v2())
  const ids = ['/api/', '/api/v1/', '/apis/', '/apis/apps/', '/apis/rbac.authorization.k8s.io/v1/', '/version/'].map(
    (path) => [path, paths[path]?.get.operationId, ...(paths[path]?.get.tags ?? [])],
  )
  assert.deepEqual(ids, [
    ['/api/', 'getCoreAPIVersions', 'core'],
    ['/api/v1/', 'getCoreV1APIResources', 'core_v1'],
    ['/apis/', 'getAPIVersions', 'apis'],
    ['/apis/apps/', 'getAppsAPIGroup', 'apps'],
    ['/apis/rbac.authorization.k8s.io/v1/', 'getRbacAuthorizationV1APIResources', 'rbacAuthorization_v1'],
    ['/version/', 'getCodeVersion', 'version'],
  ])
})

test('a patch operation tells kubectl of dry runs, field validation and strategic merge patches', async () => {
  const { paths } = await json(openApi().v3('apis/apps/v1'))
  const { patch } = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']
  assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', kind: 'Deployment', version: 'v1' })
  const parameters = patch.parameters.map(({ name }: { name: string }) => name)
  assert.deepEqual(parameters, ['dryRun', 'fieldManager', 'fieldValidation', 'force'])
  assert.ok(patch.requestBody.content['application/strategic-merge-patch+json'])
})

test('operations have names of their own', async () => {
  const ids = [...JSON.stringify(await json(openApi().v2())).matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
})

test('a field carries what merging needs', () => {
  const spec = schemaOf('io.k8s.api.core.v1.PodSpec', 'v3') as {
    properties: Record<string, object>
    required: string[]
  }
  assert.deepEqual(spec.required, ['containers'])
  assert.deepEqual(spec.properties.containers, {
    description: 'The containers that run side by side. At least one, with names that differ.',
    type: 'array',
    items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }], default: {} },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-patch-merge-key': 'name',
    'x-kubernetes-patch-strategy': 'merge',
  })
})

const enumerations: [type: string, field: string, found: unknown][] = [
  ['core.v1.Container', 'imagePullPolicy', { enum: ['Always', 'IfNotPresent', 'Never'] }],
  ['core.v1.PersistentVolumeClaimSpec', 'accessModes', { items: ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce'] }],
  ['networking.v1.HTTPIngressPath', 'pathType', { enum: ['Exact', 'ImplementationSpecific', 'Prefix'] }],
  ['core.v1.PodCondition', 'status', {}],
  ['core.v1.Secret', 'type', {}],
]

for (const [type, field, expected] of enumerations) {
  test(`${type}.${field} is ${JSON.stringify(expected) === '{}' ? 'an open set' : 'an enumeration'}`, () => {
    const { properties } = schemaOf(`io.k8s.api.${type}`, 'v3') as { properties: Record<string, Enumerated> }
    const { enum: values, items } = properties[field] ?? {}
    assert.deepEqual({ ...(values && { enum: values }), ...(items && { items: items.enum?.slice(0, 3) }) }, expected)
  })
}

interface Enumerated {
  enum?: string[]
  items?: { enum?: string[] }
}

test('the closure of a type ends, circles included, and leaves nothing out', () => {
  const names = closureOf([DEPLOYMENT])
  assert.ok(names.includes('io.k8s.apimachinery.pkg.api.resource.Quantity'))
  assert.deepEqual(closureOf(names), names)
  assert.ok(closureOf(['io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps']).length > 1)
  assert.deepEqual(referencedTypes({ name: 'Scalar', scalar: 'string' }), [])
})

test('documents follow what is served, and stay the same otherwise', () => {
  let resources = served
  const api = new OpenApi({ served: () => resources, version: 'v1.36.0' })
  const [apps, batch, whole] = [api.v3('apis/apps/v1'), api.v3('apis/batch/v1'), api.v2()]
  assert.equal(api.v3('apis/apps/v1'), apps)
  resources = served.filter(({ plural }) => plural !== 'deployments')
  assert.notEqual(api.v3('apis/apps/v1')?.etag, apps?.etag)
  assert.equal(api.v3('apis/batch/v1'), batch)
  assert.notEqual(api.v2().etag, whole.etag)
  assert.equal(api.v3('apis/nosuch/v1'), undefined)
})

const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

const accepts: [accept: string | undefined, version: 'v2' | 'v3', form: string | undefined][] = [
  [undefined, 'v2', 'json'],
  ['application/json, */*', 'v2', 'json'],
  ['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', 'v2', 'protobuf'],
  [`${PROTOBUF};q=1, application/json`, 'v2', 'protobuf'],
  [`${PROTOBUF};q=0.5, application/json`, 'v2', 'json'],
  [PROTOBUF, 'v3', undefined],
  [PROTOBUF.replace('v2', 'v3'), 'v3', 'protobuf'],
  ['text/html', 'v3', undefined],
]

for (const [accept, version, form] of accepts) {
  test(`Accept: ${accept} gets ${version} as ${form ?? 'nothing'}`, () => {
    assert.equal(formOf(accept, version), form)
  })
}
