import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze } from '../../../base/deep-readonly.ts'
import { DEDUCED, type MergeType } from '../../merge-type.ts'
import { compare } from './compare.ts'
import { pathText } from './element.ts'
import { type FieldSet, fieldSet, paths } from './field-set.ts'
import { merge } from './merge.ts'
import { withNamedFields } from './named-fields.ts'
import { reconcile } from './reconcile.ts'
import { removeItems } from './remove-items.ts'
import { tableMergeType } from './table-merge-type.ts'
import { toFieldSet } from './to-field-set.ts'
import { problemsText, typeProblems } from './type-problems.ts'

const POD_SPEC = tableMergeType('io.k8s.api.core.v1.PodSpec')
const CONTAINER = tableMergeType('io.k8s.api.core.v1.Container')
const META = tableMergeType('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
const DEPLOYMENT = tableMergeType('io.k8s.api.apps.v1.Deployment')

/** A list of scalars that are told apart by their values, as finalizers are. */
const SET: MergeType = { kind: 'object', field: () => ({ kind: 'set' }), declares: () => true }

const shown = (set: FieldSet): string[] => paths(set).map(pathText).sort()

test('the table says how fields merge', () => {
  const kindOf = (type: string, field: string) => {
    const struct = tableMergeType(type)
    return struct.kind === 'object' ? struct.field(field)?.kind : undefined
  }
  const core = 'io.k8s.api.core.v1.'
  assert.equal(kindOf(`${core}PodSpec`, 'containers'), 'list-map')
  assert.equal(kindOf(`${core}PodSpec`, 'tolerations'), 'leaf')
  assert.equal(kindOf(`${core}PodSpec`, 'nodeSelector'), 'leaf')
  assert.equal(kindOf(`${core}PodSpec`, 'securityContext'), 'object')
  assert.equal(kindOf(`${core}PodSpec`, 'nope'), undefined)
  assert.equal(kindOf(`${core}PersistentVolumeSpec`, 'claimRef'), 'object') // granular, though its type is atomic
  assert.equal(kindOf(`${core}ResourceRequirements`, 'limits'), 'object')
  assert.equal(kindOf('io.k8s.api.apps.v1.DeploymentSpec', 'selector'), 'leaf')
  assert.equal(kindOf('io.k8s.api.apps.v1.ControllerRevision', 'data'), 'leaf')
  assert.equal(kindOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta', 'finalizers'), 'set')
})

const c = { name: 'c', image: '1' }

const comparisons: [
  what: string,
  type: MergeType,
  left: unknown,
  right: unknown,
  added: string[],
  modified: string[],
  removed: string[],
][] = [
  ['nothing', POD_SPEC, { containers: [c] }, { containers: [{ ...c }] }, [], [], []],
  ['a changed leaf', POD_SPEC, { nodeName: 'a' }, { nodeName: 'b' }, [], ['.nodeName'], []],
  ['a map that comes, with all in it', META, {}, { labels: { a: '1' } }, ['.labels', '.labels.a'], [], []],
  ['a map that goes', META, { labels: { a: '1' } }, {}, [], [], ['.labels', '.labels.a']],
  ['a map that empties', META, { labels: { a: '1' } }, { labels: {} }, [], [], ['.labels.a']],
  ['a map that becomes null', META, { labels: { a: '1' } }, { labels: null }, [], [], ['.labels.a']],
  ['an empty map instead of null', META, { labels: null }, { labels: {} }, [], ['.labels'], []],
  [
    'an atomic map as one',
    POD_SPEC,
    { nodeSelector: { a: '1' } },
    { nodeSelector: { b: '1' } },
    [],
    ['.nodeSelector'],
    [],
  ],
  [
    'items by their keys, wherever they are',
    POD_SPEC,
    { containers: [c, { name: 'd' }] },
    { containers: [{ name: 'e' }, { ...c, image: '2' }] },
    ['.containers[name="e"]', '.containers[name="e"].name'],
    ['.containers[name="c"].image'],
    ['.containers[name="d"]', '.containers[name="d"].name'],
  ],
  [
    'a default key as if it were given',
    CONTAINER,
    { ports: [{ containerPort: 80 }] },
    { ports: [{ containerPort: 80, protocol: 'TCP' }] },
    ['.ports[containerPort=80,protocol="TCP"].protocol'],
    [],
    [],
  ],
  [
    'items of a set',
    META,
    { finalizers: ['a/b', 'a/c'] },
    { finalizers: ['a/c', 'a/d'] },
    ['.finalizers[="a/d"]'],
    [],
    ['.finalizers[="a/b"]'],
  ],
  ['repeated items as one', SET, { l: ['a', 'a', 'b'] }, { l: ['b', 'a', 'a'] }, [], [], []],
  [
    'repeated items that change',
    CONTAINER,
    { env: [{ name: 'A' }, { name: 'A', value: '1' }] },
    { env: [{ name: 'A' }, { name: 'A', value: '2' }] },
    [],
    ['.env[name="A"]'],
    [],
  ],
  [
    'items that are repeated no longer',
    CONTAINER,
    { env: [{ name: 'A' }, { name: 'A', value: '1' }] },
    { env: [{ name: 'A' }] },
    ['.env[name="A"]', '.env[name="A"].name'],
    [],
    ['.env[name="A"]'],
  ],
  [
    'an item that is repeated now',
    CONTAINER,
    { env: [{ name: 'A' }] },
    { env: [{ name: 'A' }, { name: 'A', value: '1' }] },
    ['.env[name="A"]'],
    [],
    ['.env[name="A"]', '.env[name="A"].name'],
  ],
  [
    'members without a schema',
    DEDUCED,
    { a: { b: 1 }, l: [1] },
    { a: { b: 2, c: 1 }, l: [2] },
    ['.a.c'],
    ['.a.b', '.l'],
    [],
  ],
  ['a map in the place of a value', DEDUCED, { a: 1 }, { a: { b: 1 } }, ['.a.b'], ['.a'], []],
  ['a value in the place of a map', DEDUCED, { a: { b: 1 } }, { a: [] }, [], ['.a'], ['.a.b']],
]

for (const [what, type, left, right, added, modified, removed] of comparisons) {
  test(`a comparison finds ${what}`, () => {
    const found = compare(type, deepFreeze(left), deepFreeze(right))
    assert.deepEqual([shown(found.added), shown(found.modified), shown(found.removed)], [added, modified, removed])
  })
}

const mentioned: [what: string, type: MergeType, value: unknown, fields: string[]][] = [
  [
    'leaves, not structs',
    DEPLOYMENT,
    { spec: { replicas: 1, template: { metadata: {} } } },
    ['.spec.replicas', '.spec.template.metadata'],
  ],
  ['keys of maps, not maps', META, { labels: { a: '1' } }, ['.labels.a']],
  ['empty maps, not empty lists', META, { labels: {}, finalizers: [] }, ['.labels']],
  ['null', META, { labels: null, finalizers: null }, ['.finalizers', '.labels']],
  [
    'items and what is in them',
    POD_SPEC,
    { containers: [c] },
    ['.containers[name="c"]', '.containers[name="c"].image', '.containers[name="c"].name'],
  ],
  [
    'atomic parts as one',
    POD_SPEC,
    { tolerations: [{ key: 'a' }], nodeSelector: {} },
    ['.nodeSelector', '.tolerations'],
  ],
  ['repeated items as one', CONTAINER, { env: [{ name: 'A' }, { name: 'A', value: '1' }] }, ['.env[name="A"]']],
  ['all maps without a schema', DEDUCED, { a: { b: { c: 1 } } }, ['.a', '.a.b', '.a.b.c']],
]

for (const [what, type, value, fields] of mentioned) {
  test(`a configuration mentions ${what}`, () => assert.deepEqual(shown(toFieldSet(type, deepFreeze(value))), fields))
}

const merges: [what: string, type: MergeType, live: unknown, config: unknown, merged: unknown][] = [
  [
    'keeps what is not mentioned',
    META,
    { labels: { a: '1' }, name: 'x' },
    { labels: { b: '2' } },
    { labels: { a: '1', b: '2' }, name: 'x' },
  ],
  [
    'takes leaves',
    POD_SPEC,
    { nodeName: 'a', nodeSelector: { a: 'b' } },
    { nodeSelector: { c: 'd' } },
    { nodeName: 'a', nodeSelector: { c: 'd' } },
  ],
  ['keeps members when null is applied', META, { labels: { a: '1' } }, { labels: null }, { labels: { a: '1' } }],
  ['takes null for a leaf', POD_SPEC, { nodeName: 'a' }, { nodeName: null }, { nodeName: null }],
  [
    'merges items by key',
    POD_SPEC,
    { containers: [c, { name: 'd' }] },
    { containers: [{ name: 'd', image: '2' }] },
    { containers: [c, { name: 'd', image: '2' }] },
  ],
  ['keeps the live order of what both have', SET, { l: ['a', 'b', 'c'] }, { l: ['a', 'c'] }, { l: ['a', 'b', 'c'] }],
  ['takes the order of the configuration', SET, { l: ['a', 'b', 'c'] }, { l: ['c', 'a'] }, { l: ['b', 'c', 'a'] }],
  [
    'puts new items where the configuration has them',
    SET,
    { l: ['a', 'b', 'c'] },
    { l: ['a', 'x', 'b', 'y'] },
    { l: ['a', 'x', 'b', 'c', 'y'] },
  ],
  [
    'keeps others behind what they were behind',
    SET,
    { l: ['1', '2', '3'] },
    { l: ['x', '2'] },
    { l: ['1', 'x', '2', '3'] },
  ],
  [
    'replaces repeated items',
    CONTAINER,
    { env: [{ name: 'A' }, { name: 'B' }, { name: 'A', value: '1' }] },
    { env: [{ name: 'A', value: '2' }] },
    { env: [{ name: 'A', value: '2' }, { name: 'B' }] },
  ],
  [
    'keeps repeated items that are not mentioned',
    CONTAINER,
    { env: [{ name: 'A' }, { name: 'A', value: '1' }] },
    { env: [{ name: 'B' }] },
    { env: [{ name: 'A' }, { name: 'A', value: '1' }, { name: 'B' }] },
  ],
  [
    'merges maps without a schema, and replaces lists',
    DEDUCED,
    { a: { b: 1 }, l: [1] },
    { a: { c: 2 }, l: [2] },
    { a: { b: 1, c: 2 }, l: [2] },
  ],
]

for (const [what, type, live, config, merged] of merges) {
  test(`a merge ${what}`, () => assert.deepEqual(merge(type, deepFreeze(live), deepFreeze(config)), merged))
}

test('a merge takes __proto__ for a name like any other', () => {
  const merged = merge(DEDUCED, JSON.parse('{"a":1}'), JSON.parse('{"__proto__":{"polluted":1}}'))
  assert.equal(JSON.stringify(merged), '{"a":1,"__proto__":{"polluted":1}}')
  assert.equal('polluted' in {}, false)
})

const removals: [what: string, type: MergeType, value: unknown, fields: string[][], left: unknown][] = [
  ['fields', POD_SPEC, { nodeName: 'a', hostname: 'b' }, [['f:nodeName']], { hostname: 'b' }],
  [
    'items with all in them',
    POD_SPEC,
    { containers: [c, { name: 'd' }] },
    [['f:containers', 'k:{"name":"c"}']],
    { containers: [{ name: 'd' }] },
  ],
  [
    'fields of items',
    POD_SPEC,
    { containers: [c] },
    [['f:containers', 'k:{"name":"c"}', 'f:image']],
    { containers: [{ name: 'c' }] },
  ],
  [
    'the last of a map, which becomes null',
    META,
    { labels: { a: '1' }, name: 'x' },
    [['f:labels', 'f:a']],
    { labels: null, name: 'x' },
  ],
  ['the last of a list', META, { finalizers: ['a/b'] }, [['f:finalizers', 'v:"a/b"']], { finalizers: null }],
  ['nothing that is not there', META, { name: 'x' }, [['f:labels']], { name: 'x' }],
]

for (const [what, type, value, fields, left] of removals) {
  test(`what is removed: ${what}`, () =>
    assert.deepEqual(removeItems(type, deepFreeze(value), fieldSet(...fields)), left))
}

test('structs come with the fields in them, maps and items do not', () => {
  const set = fieldSet(
    ['f:spec', 'f:template', 'f:metadata', 'f:labels', 'f:a'],
    ['f:spec', 'f:template', 'f:spec', 'f:containers', 'k:{"name":"c"}', 'f:image'],
  )
  assert.deepEqual(shown(withNamedFields(set, DEPLOYMENT)), [
    '.spec',
    '.spec.template',
    '.spec.template.metadata',
    '.spec.template.metadata.labels',
    '.spec.template.metadata.labels.a',
    '.spec.template.spec',
    '.spec.template.spec.containers',
    '.spec.template.spec.containers[name="c"].image',
  ])
})

test('who owned part of what is atomic now owns all of it', () => {
  const before = fieldSet(
    ['f:nodeSelector', 'f:a'],
    ['f:tolerations', 'i:0'],
    ['f:hostname'],
    ['f:securityContext', 'f:runAsUser'],
  )
  assert.deepEqual(shown(reconcile(before, POD_SPEC)), [
    '.hostname',
    '.nodeSelector',
    '.securityContext.runAsUser',
    '.tolerations',
  ])
  const same = fieldSet(['f:nodeSelector'], ['f:unknown', 'f:x'])
  assert.equal(reconcile(same, POD_SPEC), same)
})

const problems: [what: string, value: unknown, text: string][] = [
  ['an unknown field', { spec: { foo: 1 } }, '.spec.foo: field not declared in schema'],
  ['a text for a number', { spec: { replicas: '1' } }, '.spec.replicas: expected numeric (int or float), got string'],
  [
    'a number for a text',
    { metadata: { labels: { a: 1 } } },
    '.metadata.labels.a: expected string, got &value.valueUnstructured{Value:1}',
  ],
  ['a text for a bool', { spec: { paused: 'yes' } }, '.spec.paused: expected boolean, got &{yes}'],
  ['a map for a list', { metadata: { finalizers: { a: 1 } } }, '.metadata.finalizers: expected list, got &{map[a:1]}'],
  ['a list for a map', { spec: ['a', 'b'] }, '.spec: expected map, got &{[a b]}'],
  [
    'an unknown field within what is atomic',
    { spec: { selector: { matchExpressions: [{ key: 'a', foo: 1 }] } } },
    '.spec.selector.matchExpressions[0].foo: field not declared in schema',
  ],
  [
    'an item twice',
    { spec: { template: { spec: { containers: [{ name: 'c', env: [{ name: 'D' }, { name: 'D' }] }] } } } },
    '.spec.template.spec.containers[name="c"].env: duplicate entries for key [name="D"]',
  ],
  [
    'an item that is no map',
    { spec: { template: { spec: { containers: ['c'] } } } },
    '.spec.template.spec.containers: element 0: associative list with keys may not have non-map elements',
  ],
  [
    'more than one',
    { spec: { replicas: 'a', paused: 1 } },
    'errors:\n  .spec.replicas: expected numeric (int or float), got string\n  .spec.paused: expected boolean, got &{1}',
  ],
]

for (const [what, value, text] of problems) {
  test(`a configuration with ${what} is no object of its type`, () => {
    assert.equal(problemsText(typeProblems(DEPLOYMENT, deepFreeze(value))), text)
  })
}

test('null is a value of every type', () => {
  assert.deepEqual(
    typeProblems(DEPLOYMENT, { spec: null, metadata: { labels: null, finalizers: null, name: null } }),
    [],
  )
})
