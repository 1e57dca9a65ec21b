import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProtobufReader } from '../../../api/codec/protobuf-reader.ts'
import { encodeVersion2 } from './version2.ts'
import { encodeVersion3 } from './version3.ts'

// Field numbers are those of gnostic's OpenAPIv2.proto and OpenAPIv3.proto.

/** The contents of the length-delimited fields along a path of field numbers. */
function found(bytes: Uint8Array, [number, ...rest]: readonly number[]): Buffer[] {
  if (number === undefined) return [Buffer.from(bytes)]
  const reader = new ProtobufReader(bytes)
  const contents: Buffer[] = []
  while (reader.next()) {
    if (reader.number === number) contents.push(reader.bytes())
    else reader.skip()
  }
  return contents.flatMap((content) => found(content, rest))
}

const texts = (bytes: Uint8Array, ...path: readonly number[]): string[] => found(bytes, path).map(String)

const kind = { group: 'apps', kind: 'Deployment', version: 'v1' }
const operation = {
  operationId: 'patchAppsV1NamespacedDeployment',
  tags: ['apps_v1'],
  'x-kubernetes-group-version-kind': kind,
}
const schema = {
  type: 'object',
  required: ['spec'],
  properties: { spec: { type: 'array', items: { type: 'string', enum: ['A', 'B'] }, 'x-kubernetes-list-type': 'set' } },
}

test('version 2: definitions with their properties, items and extensions', () => {
  const bytes = encodeVersion2({ definitions: { Deployment: schema } })
  assert.deepEqual(texts(bytes, 9, 1, 1), ['Deployment'])
  assert.deepEqual(texts(bytes, 9, 1, 2, 22, 1), ['object'])
  assert.deepEqual(texts(bytes, 9, 1, 2, 19), ['spec'])
  assert.deepEqual(texts(bytes, 9, 1, 2, 25, 1, 1), ['spec'])
  assert.deepEqual(texts(bytes, 9, 1, 2, 25, 1, 2, 23, 1, 20, 2), ['"A"', '"B"'])
  assert.deepEqual(texts(bytes, 9, 1, 2, 25, 1, 2, 31, 1), ['x-kubernetes-list-type'])
  assert.deepEqual(texts(bytes, 9, 1, 2, 25, 1, 2, 31, 2, 2), ['"set"'])
})

test('version 2: operations with media types, parameters and answers', () => {
  const parameters = [
    { name: 'body', in: 'body', schema: { $ref: '#/definitions/Patch' } },
    { name: 'dryRun', in: 'query', type: 'string' },
    { name: 'name', in: 'path', type: 'string', required: true },
  ]
  const consumes = ['application/json-patch+json', 'application/merge-patch+json']
  const responses = { 200: { description: 'OK', schema: { $ref: '#/definitions/Deployment' } } }
  const bytes = encodeVersion2({ paths: { '/d/{name}': { patch: { ...operation, consumes, parameters, responses } } } })
  assert.deepEqual(texts(bytes, 8, 2, 1), ['/d/{name}'])
  const patch = [8, 2, 2, 8]
  assert.deepEqual(texts(bytes, ...patch, 5), ['patchAppsV1NamespacedDeployment'])
  assert.deepEqual(texts(bytes, ...patch, 7), consumes)
  assert.deepEqual(texts(bytes, ...patch, 8, 1, 1, 5, 1), ['#/definitions/Patch'])
  assert.deepEqual(texts(bytes, ...patch, 8, 1, 2, 3, 4), ['dryRun'])
  assert.deepEqual(texts(bytes, ...patch, 8, 1, 2, 4, 4), ['name'])
  assert.deepEqual(texts(bytes, ...patch, 9, 1, 1), ['200'])
  assert.deepEqual(texts(bytes, ...patch, 9, 1, 2, 1, 2, 1, 1), ['#/definitions/Deployment'])
  assert.deepEqual(texts(bytes, ...patch, 13, 2, 2), [JSON.stringify(kind)])
})

test('version 2: parts after each other are one document', () => {
  const whole = encodeVersion2({ swagger: '2.0', definitions: { A: {}, B: {} } })
  const parts = ['A', 'B'].map((name) => encodeVersion2({ definitions: { [name]: {} } }))
  const joined = Buffer.concat([encodeVersion2({ swagger: '2.0' }), ...parts])
  assert.deepEqual(texts(joined, 9, 1, 1), texts(whole, 9, 1, 1))
})

test('version 3: schemas are written in place or as references', () => {
  const spec = { allOf: [{ $ref: '#/components/schemas/Spec' }], default: {} }
  const properties = { ...schema.properties, ref: { $ref: '#/components/schemas/Other' }, spec2: spec }
  const bytes = encodeVersion3({ components: { schemas: { Deployment: { ...schema, properties } } } })
  const type = [5, 1, 1, 2, 1]
  assert.deepEqual(texts(bytes, 5, 1, 1, 1), ['Deployment'])
  assert.deepEqual(texts(bytes, ...type, 25), ['object'])
  assert.deepEqual(texts(bytes, ...type, 31, 1, 1), ['spec', 'ref', 'spec2'])
  assert.deepEqual(texts(bytes, ...type, 31, 1, 2, 2, 1), ['#/components/schemas/Other'])
  assert.deepEqual(texts(bytes, ...type, 31, 1, 2, 1, 26, 2, 1), ['#/components/schemas/Spec'])
  assert.deepEqual(texts(bytes, ...type, 31, 1, 2, 1, 33), [''])
  assert.deepEqual(texts(bytes, ...type, 31, 1, 2, 1, 30, 1, 1, 25), ['string'])
})

test('version 3: operations with bodies and answers by media type', () => {
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Deployment' } } }
  const parameters = [{ name: 'dryRun', in: 'query', schema: { type: 'string' } }]
  const responses = { 200: { description: 'OK', content }, 401: { description: 'Unauthorized' } }
  const patch = { ...operation, parameters, requestBody: { content, required: true }, responses }
  const bytes = encodeVersion3({ openapi: '3.0.0', info: { title: 't', version: 'v1' }, paths: { '/d': { patch } } })
  const at = [4, 1, 2, 10]
  assert.deepEqual(texts(bytes, 1), ['3.0.0'])
  assert.deepEqual(texts(bytes, 2, 6), ['v1'])
  assert.deepEqual(texts(bytes, ...at, 1), ['apps_v1'])
  assert.deepEqual(texts(bytes, ...at, 6, 1, 1), ['dryRun'])
  assert.deepEqual(texts(bytes, ...at, 7, 1, 2, 1, 1), ['application/json'])
  assert.deepEqual(texts(bytes, ...at, 8, 2, 1), ['200', '401'])
  assert.deepEqual(texts(bytes, ...at, 8, 2, 2, 1, 3, 1, 2, 1, 2, 1), ['#/components/schemas/Deployment'])
  assert.deepEqual(texts(bytes, ...at, 13, 1), ['x-kubernetes-group-version-kind'])
})
