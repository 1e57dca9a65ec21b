import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze } from '../../base/deep-readonly.ts'
import { applyJsonPatch } from './json-patch.ts'

const doc = deepFreeze({ data: { a: '1', 'x/y~z': '2' }, list: [1, 2, 3] })

const applied: [what: string, operations: unknown, result: unknown][] = [
  ['adds a member', [{ op: 'add', path: '/data/b', value: 'x' }], { ...doc, data: { ...doc.data, b: 'x' } }],
  ['adds null for a missing value', [{ op: 'add', path: '/n' }], { ...doc, n: null }],
  [
    'inserts and appends',
    [
      { op: 'add', path: '/list/0', value: 0 },
      { op: 'add', path: '/list/-', value: 4 },
    ],
    { ...doc, list: [0, 1, 2, 3, 4] },
  ],
  ['counts negative indices from the end', [{ op: 'remove', path: '/list/-1' }], { ...doc, list: [1, 2] }],
  ['unescapes names', [{ op: 'remove', path: '/data/x~1y~0z' }], { ...doc, data: { a: '1' } }],
  ['moves', [{ op: 'move', from: '/data/a', path: '/moved' }], { data: { 'x/y~z': '2' }, list: [1, 2, 3], moved: '1' }],
  [
    'copies deeply',
    [
      { op: 'copy', from: '/list', path: '/copy' },
      { op: 'add', path: '/copy/0', value: 9 },
    ],
    { ...doc, copy: [9, 1, 2, 3] },
  ],
  ['replaces the document', [{ op: 'replace', path: '', value: { a: 1 } }], { a: 1 }],
  ['takes a missing member for null in a test', [{ op: 'test', path: '/none', value: null }], doc],
  [
    'takes a path without a leading slash from the second part on',
    [{ op: 'add', path: 'data/q', value: 'x' }],
    { ...doc, q: 'x' },
  ],
]

for (const [what, operations, result] of applied) {
  test(`a JSON patch ${what}`, () => {
    assert.deepEqual(applyJsonPatch(doc, deepFreeze(operations)), result)
  })
}

const rejected: [what: string, operation: Record<string, unknown>][] = [
  ['a failed test', { op: 'test', path: '/data/a', value: 'no' }],
  ['removing what is not there', { op: 'remove', path: '/data/nope' }],
  ['replacing what is not there', { op: 'replace', path: '/data/nope', value: 1 }],
  ['a missing parent', { op: 'add', path: '/no/such/parent', value: 'x' }],
  ['an unknown operation', { op: 'frobnicate', path: '/data/a' }],
  ['an index behind the end', { op: 'add', path: '/list/4', value: 1 }],
  ['a name in a list', { op: 'add', path: '/list/x', value: 1 }],
  ['inherited members', { op: 'add', path: '/__proto__/polluted', value: 1 }],
  ['an operation without a path', { op: 'add', value: 1 }],
]

for (const [what, operation] of rejected) {
  test(`${what} is 422 without further words`, () => {
    assert.throws(() => applyJsonPatch(doc, [operation]), {
      code: 422,
      reason: 'Invalid',
      message: 'the server rejected our request due to an error in our request',
    })
  })
}

test('more than 10,000 operations are too many', () => {
  const operations = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/none', value: null }))
  const limit = 'The allowed maximum operations in a JSON patch is 10000, got 10001'
  assert.throws(() => applyJsonPatch(doc, operations), { code: 413, message: `Request entity is too large: ${limit}` })
})

test('a body that is no list is no patch', () => {
  const message = 'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch'
  assert.throws(() => applyJsonPatch(doc, { a: 1 }), { code: 400, message })
})
