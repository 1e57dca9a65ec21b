import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze } from '../../../base/deep-readonly.ts'
import { compareElements, elementText, itemElement, parseElement, pathText } from './element.ts'
import {
  difference,
  type FieldSet,
  fieldSet,
  has,
  intersection,
  isEmpty,
  leaves,
  NOTHING,
  ordered,
  parseFieldSet,
  paths,
  recursiveDifference,
  sameFields,
  union,
} from './field-set.ts'

/** A small generator of numbers, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return (state >> 8) % below
  }
}

const ELEMENTS = ['f:a', 'f:b', 'k:{"name":"x"}', 'v:1']

function aSet(pick: (below: number) => number): FieldSet {
  const count = pick(6)
  return fieldSet(...Array.from({ length: count }, () => aPath(pick)))
}

const aPath = (pick: (below: number) => number): string[] =>
  Array.from({ length: 1 + pick(3) }, () => ELEMENTS[pick(ELEMENTS.length)] as string)

const texts = (set: FieldSet): Set<string> => new Set(paths(set).map(pathText))

test('the algebra of sets is that of their paths', () => {
  for (let seed = 1; seed <= 3_000; seed++) {
    const pick = random(seed)
    const [left, right] = [deepFreeze(aSet(pick)) as FieldSet, deepFreeze(aSet(pick)) as FieldSet]
    const [ours, theirs] = [texts(left), texts(right)]
    const check = (what: string, set: FieldSet, expected: Set<string>) =>
      assert.deepEqual(texts(set), expected, `${what} of ${JSON.stringify(left)} and ${JSON.stringify(right)}`)
    check('union', union(left, right), ours.union(theirs))
    check('intersection', intersection(left, right), ours.intersection(theirs))
    check('difference', difference(left, right), ours.difference(theirs))
    const isBelow = (path: string) =>
      [...theirs].some((root) => path === root || path.startsWith(`${root}.`) || path.startsWith(`${root}[`))
    check('recursive difference', recursiveDifference(left, right), new Set([...ours].filter((path) => !isBelow(path))))
    assert.equal(sameFields(union(left, right), union(right, left)), true)
    assert.equal(isEmpty(difference(left, left)), true)
  }
})

test('what a set is written as is read as the same set, in one order', () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const set = aSet(random(seed))
    const written = JSON.stringify(ordered(set))
    assert.deepEqual(texts(parseFieldSet(JSON.parse(written))), texts(set))
    assert.equal(JSON.stringify(ordered(parseFieldSet(JSON.parse(written)))), written)
  }
})

test('a member with members below it is marked by a dot', () => {
  const set = fieldSet(['f:a'], ['f:a', 'f:b'], ['f:c', 'f:d'])
  assert.deepEqual(set, { 'f:a': { '.': {}, 'f:b': {} }, 'f:c': { 'f:d': {} } })
  assert.deepEqual(
    [has(set, ['f:a']), has(set, ['f:c']), has(set, ['f:c', 'f:d']), has(set, [])],
    [true, false, true, false],
  )
})

test('leaves are the members without members below', () => {
  const set = fieldSet(['f:a'], ['f:a', 'f:b'], ['f:c'])
  assert.deepEqual(leaves(set), { 'f:a': { 'f:b': {} }, 'f:c': {} })
})

test('elements are written in order: fields, keys, values, indices; numbers by size, and the dot first', () => {
  const set = fieldSet(
    ['i:2'],
    ['v:"b"'],
    ['v:10'],
    ['v:9'],
    ['v:true'],
    ['k:{"port":443}'],
    ['k:{"port":80}'],
    ['k:{"name":"z"}'],
    ['f:b', 'f:x'],
    ['f:b'],
    ['f:a'],
    ['f:B'],
  )
  assert.equal(
    JSON.stringify(ordered(set)),
    JSON.stringify({
      'f:B': {},
      'f:a': {},
      'f:b': { '.': {}, 'f:x': {} },
      'k:{"name":"z"}': {},
      'k:{"port":80}': {},
      'k:{"port":443}': {},
      'v:9': {},
      'v:10': {},
      'v:"b"': {},
      'v:true': {},
      'i:2': {},
    }),
  )
})

test('a shorter key comes before a longer one that begins like it', () => {
  assert.ok(compareElements('k:{"a":1}', 'k:{"a":1,"b":2}') < 0)
  assert.ok(compareElements('k:{"a":"x"}', 'k:{"a":"x!"}') < 0)
  assert.equal(compareElements('k:{"a":1}', 'k:{"a":1}'), 0)
})

test('sets that others wrote come into canonical form, and unknown kinds of elements are left out', () => {
  const given = {
    'k:{"protocol":"TCP","port":80}': {},
    'z:new': { 'f:a': {} },
    'f:a': { '.': {}, 'f:b': {} },
    'v: 1 ': {},
  }
  assert.equal(
    JSON.stringify(parseFieldSet(given)),
    '{"f:a":{".":{},"f:b":{}},"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{},"v:1":{}}',
  )
})

const malformed: [what: string, fields: unknown][] = [
  ['a list', []],
  ['a text', 'f:a'],
  ['an element without its kind', { a: {} }],
  ['an element of one letter', { f: {} }],
  ['a key that is no object', { 'k:[1]': {} }],
  ['a key that is no JSON', { 'k:{': {} }],
  ['an index that is no number', { 'i:x': {} }],
  ['a child that is no set', { 'f:a': 1 }],
]

for (const [what, fields] of malformed) {
  test(`${what} is no set of fields`, () => assert.throws(() => parseFieldSet(fields), SyntaxError))
}

test('paths are shown as errors need them', () => {
  const path = ['f:spec', 'f:ports', 'k:{"port":80,"protocol":"TCP"}', 'f:x']
  assert.equal(pathText(path), '.spec.ports[port=80,protocol="TCP"].x')
  assert.deepEqual(['v:"a"', 'v:1', 'v:true', 'i:3'].map(elementText), ['[="a"]', '[=1]', '[=true]', '[3]'])
})

test('a key has defaults for what an item leaves out, and is sorted and safe within HTML', () => {
  const type = {
    kind: 'list-map',
    keys: ['port', 'name', 'protocol'],
    defaults: { protocol: 'TCP' },
    element: { kind: 'leaf' },
  } as const
  assert.equal(itemElement(type, { port: 80 }), 'k:{"port":80,"protocol":"TCP"}')
  assert.equal(itemElement({ kind: 'set' }, 'a<b'), 'v:"a\\u003cb"')
  assert.equal(parseElement('v:"a\\u003cb"'), 'v:"a\\u003cb"')
  assert.throws(() => itemElement({ ...type, defaults: {} }, { x: 1 }), {
    message:
      'associative list with keys has an element that omits all key fields ["port" "name" "protocol"] (and doesn\'t have default values for any key fields)',
  })
})

test('the empty set has no paths', () => {
  assert.deepEqual(paths(NOTHING), [])
})
