import assert from 'node:assert/strict'
import { test } from 'node:test'
import { customDefinition, type DefinitionInit } from '../../../testing/custom-definition.ts'
import type { CustomResourceDefinition, JSONSchemaProps } from '../../types/apiextensions.v1.ts'
import { validateCustomResourceDefinition } from '../index.ts'

type Loose = Record<string, unknown>

function stored(init: DefinitionInit = {}): CustomResourceDefinition {
  const definition = customDefinition(init)
  const storedVersions = definition.spec.versions.filter(({ storage }) => storage).map(({ name }) => name)
  definition.status = { storedVersions } as CustomResourceDefinition['status']
  definition.spec.conversion ??= { strategy: 'None' }
  return definition
}

const ofSchema = (openAPIV3Schema: Loose): DefinitionInit => ({
  versions: [{ schema: { openAPIV3Schema: openAPIV3Schema as unknown as JSONSchemaProps } }],
})

const texts = (definition: CustomResourceDefinition, old?: CustomResourceDefinition): string[] =>
  validateCustomResourceDefinition(definition, old).map(({ field, message }) => `${field}: ${message}`)

const ROOT = 'spec.validation.openAPIV3Schema'
const A = `${ROOT}.properties[a]`
const field = (schema: Loose): Loose => ({ type: 'object', properties: { a: schema } })
const list = (more: Loose, items: Loose = { type: 'object', properties: { n: { type: 'string' } } }): Loose =>
  field({ type: 'array', items, ...more })

const fine: readonly (readonly [what: string, schema: Loose])[] = [
  ['an object that keeps everything', { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }],
  ['an integer or a string', field({ 'x-kubernetes-int-or-string': true })],
  [
    'an integer or a string, spelt out',
    field({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }),
  ],
  [
    'limits of the name',
    {
      type: 'object',
      properties: {
        metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 10 } } },
      },
    },
  ],
  [
    'a list by names that are required',
    list(
      { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['n'] },
      { type: 'object', required: ['n'], properties: { n: { type: 'string' } } },
    ),
  ],
  ['an enumeration with null', field({ type: 'string', nullable: true, enum: ['a', null] })],
  ['a format that nobody knows', field({ type: 'string', format: 'foo' })],
]

for (const [what, schema] of fine) {
  test(`a schema with ${what} is accepted`, () => assert.deepEqual(texts(stored(ofSchema(schema))), []))
}

const wrong: readonly (readonly [schema: Loose, ...errors: string[]])[] = [
  [{ type: 'string' }, `${ROOT}.type: Invalid value: "string": must be object at the root`],
  [field({}), `${A}.type: Required value: must not be empty for specified object fields`],
  [
    field({ type: 'foo' }),
    `${A}.type: Unsupported value: "foo": supported values: "array", "boolean", "integer", "number", "object", "string"`,
  ],
  [field({ type: 'array' }), `${A}.items: Required value: must be specified`],
  [list({}, {}), `${A}.items.type: Required value: must not be empty for specified array items`],
  [
    field({ type: 'string', default: 1 }),
    `${A}.default: Invalid value: "integer":  in body must be of type string: "integer"`,
  ],
  [
    field({ type: 'object', default: { b: 1 }, properties: { c: { type: 'string' } } }),
    `${A}.default: Invalid value: {"b":1}: must not have unknown fields`,
  ],
  [
    { type: 'object', additionalProperties: false },
    `${ROOT}.additionalProperties: Forbidden: must not be used at the root`,
  ],
  [
    field({ type: 'object', properties: { b: { type: 'string' } }, additionalProperties: { type: 'string' } }),
    `${A}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  ],
  [
    field({ type: 'object', 'x-kubernetes-embedded-resource': true }),
    `${A}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields`,
  ],
  [
    { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } },
    `${ROOT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
  ],
  [
    field({ type: 'string', pattern: '(' }),
    `${A}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``,
  ],
  [
    list({ uniqueItems: true }),
    `${A}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
  ],
  [
    list({ 'x-kubernetes-list-type': 'map' }),
    `${A}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`,
  ],
  [
    list({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['n'] }),
    `${A}.items.properties[n].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
  ],
  [
    list({ 'x-kubernetes-list-type': 'foo' }),
    `${A}.x-kubernetes-list-type: Unsupported value: "foo": supported values: "atomic", "set", "map"`,
  ],
  [
    field({ type: 'object', 'x-kubernetes-map-type': 'foo' }),
    `${A}.x-kubernetes-map-type: Unsupported value: "foo": supported values: "atomic", "granular"`,
  ],
  [field({ $ref: '#/x', type: 'string' }), `${A}.$ref: Forbidden: $ref is not supported`],
  [
    field({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }),
    `${A}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`,
  ],
  [
    field({ anyOf: [{ type: 'integer' }] }),
    `${A}.anyOf[0].type: Forbidden: must be empty to be structural`,
    `${A}.type: Required value: must not be empty for specified object fields`,
  ],
  [
    { type: 'object', allOf: [{ properties: { x: {} } }] },
    `${ROOT}.properties[x]: Required value: because it is defined in ${ROOT}.allOf[0].properties[x]`,
  ],
]

for (const [schema, ...errors] of wrong) {
  test(`refused: ${JSON.stringify(schema)}`, () => assert.deepEqual(texts(stored(ofSchema(schema))), errors))
}

test('a definition without anything is told all that it lacks', () => {
  const empty = { metadata: { name: 'x.y.z' }, spec: {}, status: {} } as CustomResourceDefinition
  assert.deepEqual(texts(empty), [
    'metadata.name: Invalid value: "x.y.z": must be spec.names.plural+"."+spec.group',
    'spec.group: Required value',
    'spec.scope: Required value',
    'spec.versions: Invalid value: []: must have exactly one version marked as storage version',
    'spec.names.plural: Required value',
    'spec.names.singular: Required value',
    'spec.names.kind: Required value',
    'spec.names.listKind: Required value',
    'status.storedVersions: Invalid value: []: must have at least one stored version',
  ])
})

test('a version that objects may be stored in has to stay', () => {
  const old = stored({ versions: [{}, {}] })
  const next = stored({ versions: [{ name: 'v2' }] })
  next.status = { storedVersions: ['v1', 'v2'] } as CustomResourceDefinition['status']
  assert.deepEqual(texts(next, old), [
    'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
  ])
})

test('group and plural never change; scope and kind not once it is established', () => {
  const old = stored()
  const next = stored({ group: 'other.example.com', scope: 'Cluster', names: { plural: 'gadgets', kind: 'Gadget' } })
  next.metadata = old.metadata
  const always = [
    'spec.group: Invalid value: "other.example.com": field is immutable',
    'spec.names.plural: Invalid value: "gadgets": field is immutable',
  ]
  assert.deepEqual(texts(next, old), always)
  const conditions = [{ type: 'Established', status: 'True' }]
  const established = { ...old, status: { ...old.status, conditions } } as CustomResourceDefinition
  assert.deepEqual(texts(next, established), [
    'spec.scope: Invalid value: "Cluster": field is immutable',
    'spec.names.kind: Invalid value: "Gadget": field is immutable',
    ...always,
  ])
})

test('a group of the Kubernetes community needs an approval', () => {
  const url = 'https://github.com/kubernetes/enhancements/pull/1111'
  const annotation = (value?: string) =>
    texts(stored({ group: 'x.k8s.io', ...(value && { annotations: { 'api-approved.kubernetes.io': value } }) }))
  assert.deepEqual(annotation(), [
    `metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see ${url}`,
  ])
  assert.deepEqual(annotation(url), [])
  assert.deepEqual(annotation('unapproved, experimental'), [])
})
