import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AnyObject, customDefinition, customObject } from '../../testing/custom-definition.ts'
import type { JSONSchemaProps } from '../types/apiextensions.v1.ts'
import { type CustomModel, customModel } from './index.ts'

type Loose = Record<string, unknown>

/** The model of a version whose spec has these properties. */
function modelOf(properties: Loose, more: Loose = {}): CustomModel {
  const openAPIV3Schema = { type: 'object', properties: { spec: { type: 'object', properties, ...more } } }
  const schema = { openAPIV3Schema: openAPIV3Schema as unknown as JSONSchemaProps }
  return customModel(customDefinition({ versions: [{ schema }] }), 'v1')
}

const withSpec = (spec: unknown): AnyObject => customObject('a', { spec })

function normalised(model: CustomModel, spec: unknown): { spec: unknown; problems: readonly string[] } {
  const { object, problems } = model.normalise<AnyObject>(withSpec(spec), { strict: 'Warn' })
  model.applyDefaults(object)
  return { spec: object.spec, problems }
}

const cases: readonly [what: string, properties: Loose, given: unknown, becomes: unknown, ...problems: string[]][] = [
  ['an unknown member goes', { a: { type: 'string' } }, { a: 'x', b: 1 }, { a: 'x' }, 'unknown field "spec.b"'],
  [
    'within lists and maps too',
    {
      list: { type: 'array', items: { type: 'object', properties: { n: { type: 'string' } } } },
      map: { type: 'object', additionalProperties: { type: 'object', properties: {} } },
    },
    { list: [{ n: 'x', z: 1 }], map: { k: { z: 1 } } },
    { list: [{ n: 'x' }], map: { k: {} } },
    'unknown field "spec.list[0].z"',
    'unknown field "spec.map.k.z"',
  ],
  [
    'what is to be preserved stays, and what it declares is pruned below',
    {
      free: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { known: { type: 'object', properties: {} } },
      },
    },
    { free: { any: { thing: 1 }, known: { z: 1 } } },
    { free: { any: { thing: 1 }, known: {} } },
    'unknown field "spec.free.known.z"',
  ],
  [
    'an embedded resource has metadata as every object has it',
    { pod: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: { spec: { type: 'object' } } } },
    { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', odd: 1 }, other: 1 } },
    { pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } } },
    'unknown field "spec.pod.other"',
    'unknown field "spec.pod.metadata.odd"',
  ],
  ['a default fills what is absent', { a: { type: 'integer', default: 3 } }, {}, { a: 3 }],
  ['null is absent where it is not allowed', { a: { type: 'integer', default: 3 } }, { a: null }, { a: 3 }],
  ['null stays where it is', { a: { type: 'integer', default: 3, nullable: true } }, { a: null }, { a: null }],
  [
    'defaults come in what is there, not in what is not',
    { o: { type: 'object', properties: { a: { type: 'integer', default: 3 } } } },
    {},
    {},
  ],
  [
    'a default is defaulted itself',
    { o: { type: 'object', default: {}, properties: { a: { type: 'integer', default: 3 } } } },
    {},
    { o: { a: 3 } },
  ],
  [
    'items and members have defaults',
    {
      list: { type: 'array', items: { type: 'object', properties: { a: { type: 'integer', default: 1 } } } },
      map: {
        type: 'object',
        additionalProperties: { type: 'object', properties: { a: { type: 'integer', default: 2 } } },
      },
    },
    { list: [{}], map: { k: {} } },
    { list: [{ a: 1 }], map: { k: { a: 2 } } },
  ],
]

for (const [what, properties, given, becomes, ...problems] of cases) {
  test(`custom resources: ${what}`, () => {
    assert.deepEqual(normalised(modelOf(properties), given), { spec: becomes, problems })
  })
}

test('an object that was stored before a default came has it when it is read', () => {
  const model = modelOf({ a: { type: 'integer', default: 3 } })
  assert.deepEqual((model.stored(withSpec({ gone: 1 })) as AnyObject).spec, { a: 3 })
})

const SPEC: Loose = {
  text: { type: 'string', minLength: 2, maxLength: 4, pattern: '^[a-z]+$' },
  whole: { type: 'integer', minimum: 1, maximum: 10, multipleOf: 1 },
  number: { type: 'number', exclusiveMinimum: true, minimum: 0 },
  either: { 'x-kubernetes-int-or-string': true },
  size: { type: 'string', enum: ['S', 'M'] },
  when: { type: 'string', format: 'date-time' },
  list: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
  named: {
    type: 'array',
    items: { type: 'object', required: ['n'], properties: { n: { type: 'string' }, v: { type: 'string' } } },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['n'],
  },
  map: { type: 'object', maxProperties: 1, additionalProperties: { type: 'integer' } },
  one: {
    type: 'object',
    properties: { a: {}, b: {} },
    oneOf: [{ required: ['a'] }, { required: ['b'] }],
    'x-kubernetes-preserve-unknown-fields': true,
  },
}

const refused: readonly [spec: Loose, ...errors: string[]][] = [
  [{ text: 'a' }, 'spec.text: Invalid value: "a": spec.text in body should be at least 2 chars long'],
  [{ text: 'abcde' }, 'spec.text: Too long: may not be more than 4 bytes'],
  [{ text: 'AB' }, `spec.text: Invalid value: "AB": spec.text in body should match '^[a-z]+$'`],
  [{ text: 5 }, 'spec.text: Invalid value: "integer": spec.text in body must be of type string: "integer"'],
  [{ whole: 0 }, 'spec.whole: Invalid value: 0: spec.whole in body should be greater than or equal to 1'],
  [{ whole: 11 }, 'spec.whole: Invalid value: 11: spec.whole in body should be less than or equal to 10'],
  [
    { whole: 1.5 },
    'spec.whole: Invalid value: "number": spec.whole in body must be of type integer: "number"',
    '<nil>: Invalid value: "": Checked value must be of type integer (default format) in spec.whole',
    'spec.whole: Invalid value: 1.5: spec.whole in body should be a multiple of 1',
  ],
  [{ number: 0 }, 'spec.number: Invalid value: 0: spec.number in body should be greater than 0'],
  [
    { either: 1.5 },
    'spec.either: Invalid value: "number": spec.either in body must be of type integer,string: "number"',
  ],
  [{ size: 'L' }, 'spec.size: Unsupported value: "L": supported values: "S", "M"'],
  [{ when: 'now' }, 'spec.when: Invalid value: "now": spec.when in body must be of type date-time: "now"'],
  [{ list: [] }, 'spec.list: Invalid value: 0: spec.list in body should have at least 1 items'],
  [{ list: ['a', 'b', 'c'] }, 'spec.list: Too many: 3: must have at most 2 items'],
  [{ list: ['a', 'a'] }, 'spec.list[1]: Duplicate value: "a"'],
  [{ named: [{ v: 'x' }] }, 'spec.named[0].n: Required value'],
  [{ named: [{ n: 'a', v: 'x' }, { n: 'a' }] }, 'spec.named[1]: Duplicate value: {"n":"a"}'],
  [{ map: { a: 'x' } }, 'spec.map.a: Invalid value: "string": spec.map.a in body must be of type integer: "string"'],
  [{ map: { a: 1, b: 2 } }, 'spec.map: Too many: 2: must have at most 1 item'],
  [
    { one: { a: 1, b: 2 } },
    '<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives',
  ],
]

const errorsOf = (model: CustomModel, object: AnyObject, old?: AnyObject): string[] =>
  model.validate(object, old).map(({ field, message }) => `${field}: ${message}`)

for (const [spec, ...errors] of refused) {
  test(`custom resources: refused: ${JSON.stringify(spec)}`, () => {
    assert.deepEqual(errorsOf(modelOf(SPEC), withSpec(spec)), errors)
  })
}

test('what an update leaves as it was need not be right, what it changes has to be', () => {
  const model = modelOf(SPEC)
  const old = withSpec({ size: 'L', named: [{ n: 'a', v: 5 }], text: 'ab' })
  assert.deepEqual(
    errorsOf(model, withSpec({ size: 'L', named: [{ n: 'b' }, { n: 'a', v: 5 }], text: 'abc' }), old),
    [],
  )
  assert.deepEqual(errorsOf(model, withSpec({ size: 'XL', named: [{ n: 'a', v: 6 }] }), old), [
    'spec.named[0].v: Invalid value: "integer": spec.named[0].v in body must be of type string: "integer"',
    'spec.size: Unsupported value: "XL": supported values: "S", "M"',
  ])
})

test('an embedded resource has to say what it is', () => {
  const model = modelOf({
    pod: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
  })
  assert.deepEqual(errorsOf(model, withSpec({ pod: { kind: 'P_d', metadata: { labels: { a: 'b' } } } })), [
    'spec.pod.apiVersion: Required value',
    `spec.pod.kind: Invalid value: "P_d": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
  ])
})
