import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEDUCED, type MergeType } from '../../merge-type.ts'
import type { JsonObject } from '../json-value.ts'
import { compare } from './compare.ts'
import { CreatedFields } from './created-fields.ts'
import { ElementError } from './element.ts'
import { type FieldSet, ordered, union } from './field-set.ts'
import { tableMergeType } from './table-merge-type.ts'

const POD = tableMergeType('io.k8s.api.core.v1.Pod')
const EMPTY = { metadata: {} }

const fields = (type: MergeType = POD, empty: JsonObject = EMPTY): CreatedFields =>
  new CreatedFields(type, empty, (set) => set)

function compared(type: MergeType, empty: JsonObject, object: JsonObject): FieldSet {
  const { added, modified } = compare(type, empty, object)
  return ordered(union(modified, added))
}

const template = (name: string): JsonObject => ({
  metadata: { name, labels: { app: name } },
  spec: { containers: [{ name: 'main', image: name, ports: [{ containerPort: 80 }] }] },
})

test('objects of one template share the fields that their first has', () => {
  const known = fields()
  const first = known.of(template('a'))
  assert.deepEqual(first, compared(POD, EMPTY, template('a')))
  assert.equal(known.of(template('b')), first)
  assert.ok(Object.isFrozen(first))
})

const cases: [name: string, spec: unknown][] = [
  ['one container', { containers: [{ name: 'a' }] }],
  ['another name', { containers: [{ name: 'b' }] }],
  ['two containers', { containers: [{ name: 'a' }, { name: 'b' }] }],
  ['two of one name', { containers: [{ name: 'a' }, { name: 'a', image: 'x' }] }],
  ['a member more', { containers: [{ name: 'a', image: 'x' }] }],
  ['the member one level up', { containers: [{ name: 'a' }], image: 'x' }],
  ['no containers', { containers: [] }],
  ['null for containers', { containers: null }],
  ['no list', { containers: 'a' }],
  ['nothing', {}],
  ['null', null],
  ['a list', ['a']],
  ['a number', 1],
  ['an undefined member', { containers: undefined, image: 'x' }],
  ['ports by number and protocol', { containers: [{ name: 'a', ports: [{ containerPort: 1, protocol: 'UDP' }] }] }],
  ['a port without protocol', { containers: [{ name: 'a', ports: [{ containerPort: 1 }] }] }],
  ['the default protocol', { containers: [{ name: 'a', ports: [{ containerPort: 1, protocol: 'TCP' }] }] }],
  ['a number as text', { containers: [{ name: 'a', ports: [{ containerPort: '1' }] }] }],
  ['null as a key', { containers: [{ name: 'a', ports: [{ containerPort: 1, protocol: null }] }] }],
  ['a map as a key', { containers: [{ name: { a: 1 } }] }],
  ['a long key', { containers: [{ name: 'a'.repeat(1000) }] }],
  ['an atomic list', { containers: [{ name: 'a', args: ['x'] }] }],
  ['a map of names', { nodeSelector: { a: 'b', __proto__: 'c' } }],
  ['a name of the prototype', JSON.parse('{"nodeSelector":{"__proto__":"x","constructor":"y"}}')],
]

test('other shapes are other fields, whatever was asked before', () => {
  const known = fields()
  for (let round = 0; round < 3; round++) {
    for (const [name, spec] of cases) {
      for (const metadata of [
        {},
        { finalizers: ['x'] },
        { finalizers: ['x', 'x'] },
        { finalizers: ['y'], labels: {} },
      ]) {
        const object = { metadata, spec }
        assert.deepEqual(known.of(object), compared(POD, EMPTY, object), `${name}, round ${round}`)
      }
    }
  }
})

test('an item that has no key is refused each time', () => {
  const known = fields()
  for (let round = 0; round < 2; round++) {
    for (const containers of [[null], ['a']]) {
      assert.throws(() => known.of({ metadata: {}, spec: { containers } }), ElementError)
    }
    assert.throws(() => known.of({ metadata: { finalizers: [null] } }), ElementError)
  }
})

test('what an empty object has already is set when it differs', () => {
  const type = tableMergeType('io.k8s.api.autoscaling.v1.Scale')
  const empty = { metadata: {}, spec: { replicas: 0 }, status: { replicas: 0 } }
  const known = fields(type, empty)
  for (let round = 0; round < 2; round++) {
    for (const spec of [{ replicas: 0 }, { replicas: 1 }, { replicas: 2 }, {}, null, undefined]) {
      const object = { metadata: {}, spec, status: { replicas: 0 } }
      assert.deepEqual(known.of(object), compared(type, empty, object), JSON.stringify(spec))
    }
  }
})

test('without a schema, maps have members and all else is one value', () => {
  const known = fields(DEDUCED, EMPTY)
  for (let round = 0; round < 2; round++) {
    for (const spec of [
      { a: { b: 1 } },
      { a: { b: { c: 1 } } },
      { a: [] },
      { a: {} },
      { a: null },
      { a: 'b' },
      'a',
      [1],
    ]) {
      const object = { metadata: {}, spec }
      assert.deepEqual(known.of(object), compared(DEDUCED, EMPTY, object), JSON.stringify(spec))
    }
  }
})

test('many shapes are not kept', () => {
  const known = fields()
  const first = known.of(template('a'))
  for (let index = 0; index < 5000; index++) {
    const object = { metadata: { labels: { [`label-${index}`]: 'x' } } }
    assert.deepEqual(known.of(object), compared(POD, EMPTY, object))
  }
  assert.notEqual(known.of(template('a')), first)
  assert.deepEqual(known.of(template('a')), first)
})
