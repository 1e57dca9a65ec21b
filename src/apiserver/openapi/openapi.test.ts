import assert from 'node:assert/strict'
import { test } from 'node:test'
import { builtinResources } from '../../api/kinds/index.ts'
import { uncompressed } from './document.ts'
import { v2Format } from './negotiate.ts'
import { OpenApi } from './openapi.ts'
import { closureOf, referencedTypes, schemaOf } from './schemas.ts'

const served = builtinResources().filter(({ version }) => /^v\d+$/.test(version))
const openApi = (resources = served) => new OpenApi({ served: () => resources, version: 'v1.36.0' })
const DEPLOYMENT = 'io.k8s.api.apps.v1.Deployment'

// biome-ignore lint/suspicious/noExplicitAny: a JSON document is walked by its keys
const json = (document: { gzip: Uint8Array; etag: string } | undefined): any =>
  document && JSON.parse(Buffer.from(uncompressed(document)).toString())

test('the index names each version served, with the hash that is the ETag of its document', () => {
  const api = openApi()
  const { paths } = api.index()
  const etag = api.v3({ group: 'apps', version: 'v1' })?.etag.replaceAll('"', '')
  assert.equal(paths['apis/apps/v1']?.serverRelativeURL, `/openapi/v3/apis/apps/v1?hash=${etag}`)
  assert.ok(paths['api/v1'])
})

test('every reference of every document is resolved in it', () => {
  const api = openApi()
  const versions = new Set(served.map(({ group, version }) => `${group} ${version}`))
  for (const at of versions) {
    const [group = '', version = ''] = at.split(' ')
    const document = json(api.v3({ group, version }))
    const references = JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)
    for (const [, name] of references) assert.ok(document.components.schemas[name as string], `${at}: ${name}`)
  }
})

test('a patch operation tells kubectl of dry runs, field validation and strategic merge patches', () => {
  const { paths } = json(openApi().v3({ group: 'apps', version: 'v1' }))
  const { patch } = paths['/apis/apps/v1/namespaces/{namespace}/deployments/{name}']
  assert.deepEqual(patch['x-kubernetes-group-version-kind'], { group: 'apps', kind: 'Deployment', version: 'v1' })
  const parameters = patch.parameters.map(({ name }: { name: string }) => name)
  assert.deepEqual(parameters, ['dryRun', 'fieldManager', 'fieldValidation', 'force'])
  assert.ok(patch.requestBody.content['application/strategic-merge-patch+json'])
})

test('operations have names of their own', () => {
  const ids = [...JSON.stringify(json(openApi().v2())).matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id)
  assert.equal(new Set(ids).size, ids.length)
})

test('a field carries what merging needs', () => {
  const spec = schemaOf('io.k8s.api.core.v1.PodSpec', 'v3') as {
    properties: Record<string, object>
    required: string[]
  }
  assert.deepEqual(spec.required, ['containers'])
  assert.deepEqual(spec.properties.containers, {
    description: 'Containers that run side by side. At least one.',
    type: 'array',
    items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }], default: {} },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['name'],
    'x-kubernetes-patch-merge-key': 'name',
    'x-kubernetes-patch-strategy': 'merge',
  })
})

test('the closure of a type ends, circles included, and leaves nothing out', () => {
  const names = closureOf([DEPLOYMENT])
  assert.ok(names.includes('io.k8s.apimachinery.pkg.api.resource.Quantity'))
  assert.deepEqual(closureOf(names), names)
  assert.ok(closureOf(['io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps']).length > 1)
  assert.deepEqual(referencedTypes({ name: 'Scalar', scalar: 'string' }), [])
})

test('version 2 has the same types, and a protobuf form that holds their names', () => {
  const api = openApi()
  assert.ok(json(api.v2()).definitions[DEPLOYMENT])
  assert.ok(Buffer.from(uncompressed(api.v2Protobuf())).includes(DEPLOYMENT))
})

test('documents follow what is served', () => {
  let resources = served
  const api = new OpenApi({ served: () => resources, version: 'v1.36.0' })
  const before = api.v3({ group: 'apps', version: 'v1' })
  assert.equal(api.v3({ group: 'apps', version: 'v1' }), before)
  resources = served.filter(({ plural }) => plural !== 'deployments')
  assert.notEqual(api.v3({ group: 'apps', version: 'v1' })?.etag, before?.etag)
  assert.equal(api.v3({ group: 'nosuch', version: 'v1' }), undefined)
})

const accepts: [accept: string | undefined, format: string | undefined][] = [
  [undefined, 'json'],
  ['application/json, */*', 'json'],
  ['application/com.github.proto-openapi.spec.v2@v1.0+protobuf', 'protobuf'],
  ['application/com.github.proto-openapi.spec.v2.v1.0+protobuf;q=1, application/json', 'protobuf'],
  ['text/html', undefined],
]

for (const [accept, format] of accepts) {
  test(`Accept: ${accept} gets version 2 as ${format ?? 'nothing'}`, () => {
    assert.equal(v2Format(accept), format)
  })
}
