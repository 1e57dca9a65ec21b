import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceDefinition } from '../../api/resource.ts'
import type { JSONSchemaProps } from '../../api/types/apiextensions.v1.ts'
import { customSchemas, customTypeName } from './custom-schema.ts'
import { uncompressed } from './document.ts'
import { OpenApi } from './openapi.ts'
import type { Dialect } from './schemas.ts'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

function custom(openApiSchema?: JSONSchemaProps, kind = 'CronTab'): ResourceDefinition {
  const at = { group: 'stable.example.com', version: 'v1', kind }
  const plural = `${kind.toLowerCase()}s`
  const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] }
  return {
    ...at,
    plural,
    singular: kind.toLowerCase(),
    namespaced: true,
    verbs,
    subresources: { status: { ...at, verbs: ['get', 'patch', 'update'] }, scale },
    type: `stable.example.com.v1.${kind}`,
    rules: {},
    ...(openApiSchema && { openApiSchema }),
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a JSON document is walked by its keys
type Json = any

const published = (schema: JSONSchemaProps | undefined, dialect: Dialect): Json =>
  (customSchemas(custom(schema), dialect)[0] as [string, Json])[1]

const publishedSpec = (spec: JSONSchemaProps, dialect: Dialect, required?: string[]): Json => {
  const schema = { type: 'object', properties: { spec }, ...(required && { required }) }
  return published(schema, dialect)
}

const either = { 'x-kubernetes-int-or-string': true }
const open = { type: 'object', properties: { a: { type: 'string' } }, 'x-kubernetes-preserve-unknown-fields': true }
const alternatives = { type: 'string', anyOf: [{ pattern: 'a' }, { pattern: 'b' }] }

const cases: [name: string, given: JSONSchemaProps, v2: object, v3: object][] = [
  ['alternatives', alternatives, { type: 'string' }, alternatives],
  ['numbers or texts', either, either, { ...either, anyOf: [{ type: 'integer' }, { type: 'string' }] }],
  ['unknown fields', open, { 'x-kubernetes-preserve-unknown-fields': true }, open],
  ['null', { type: 'string', nullable: true }, {}, { type: 'string', nullable: true }],
  [
    'an array of what may be null',
    { type: 'array', nullable: true, items: {} },
    {},
    { type: 'array', nullable: true, items: {} },
  ],
]

for (const [name, given, v2, v3] of cases) {
  test(`a custom schema with ${name} keeps in version 2 what that can say`, () => {
    assert.deepEqual(publishedSpec(given, 'v2').properties.spec, v2)
    assert.deepEqual(publishedSpec(given, 'v3').properties.spec, v3)
  })
}

test('a required field that may be null is not required in version 2', () => {
  assert.equal(publishedSpec({ type: 'string', nullable: true }, 'v2', ['spec']).required, undefined)
  assert.deepEqual(publishedSpec({ type: 'string', nullable: true }, 'v3', ['spec']).required, ['spec'])
})

test('a custom resource has a type with its kind, metadata and a list', () => {
  const [[name, schema], [listName, list]] = customSchemas(custom({ type: 'object' }), 'v3') as [
    [string, Json],
    [string, Json],
  ]
  assert.equal(name, 'com.example.stable.v1.CronTab')
  assert.equal(listName, 'com.example.stable.v1.CronTabList')
  assert.deepEqual(Object.keys(schema.properties), ['apiVersion', 'kind', 'metadata'])
  assert.deepEqual(list.required, ['items'])
  const kind = { group: 'stable.example.com', kind: 'CronTabList', version: 'v1' }
  assert.deepEqual(list['x-kubernetes-group-version-kind'], [kind])
})

test('without a schema, or with an open one, version 2 lists no properties', () => {
  assert.equal(published(undefined, 'v2').properties, undefined)
  assert.equal(published(open, 'v2').properties, undefined)
})

test('an embedded resource has a kind and metadata of its own', () => {
  const spec = publishedSpec({ type: 'object', 'x-kubernetes-embedded-resource': true }, 'v3').properties.spec
  assert.deepEqual(Object.keys(spec.properties), ['apiVersion', 'kind', 'metadata'])
  assert.deepEqual(spec.required, ['kind', 'apiVersion'])
})

test('the operations of a custom resource are named and typed, strategic merge patches left out', async () => {
  const served = [custom({ type: 'object' })]
  const api = new OpenApi({ served: () => served, version: 'v1.36.0' })
  const gzip = await api.v3('apis/stable.example.com/v1')?.gzip('json')
  const { paths, components } = gzip && JSON.parse(Buffer.from(await uncompressed(gzip)).toString())
  const { get, patch } = paths['/apis/stable.example.com/v1/namespaces/{namespace}/crontabs/{name}/scale']
  assert.equal(get.operationId, 'readStableExampleComV1NamespacedCronTabScale')
  assert.equal(patch.requestBody.content['application/strategic-merge-patch+json'], undefined)
  assert.ok(components.schemas['io.k8s.api.autoscaling.v1.Scale'])
})

test('a change of one custom resource leaves the documents of all others as they are', () => {
  let served = [custom({ type: 'object' }), { ...custom({ type: 'object' }), group: 'other.example.com' }]
  const api = new OpenApi({ served: () => served, version: 'v1.36.0' })
  const other = api.v3('apis/other.example.com/v1')
  const before = api.v3('apis/stable.example.com/v1')
  served = [custom({ type: 'object', description: 'new' }), served[1] as ResourceDefinition]
  assert.equal(api.v3('apis/other.example.com/v1'), other)
  assert.notEqual(api.v3('apis/stable.example.com/v1')?.etag, before?.etag)
})

test('type names have the group backwards', () => {
  assert.equal(customTypeName({ group: 'a.b.c', version: 'v2' }, 'Foo'), 'c.b.a.v2.Foo')
})
