import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deepFreeze } from '../../base/deep-readonly.ts'
import { applyMergePatch } from './merge-patch.ts'

const cases: [doc: unknown, patch: unknown, result: unknown][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{ a: 1 }, { a: { b: null, c: 2 } }, { a: { c: 2 } }],
]

for (const [doc, patch, result] of cases) {
  test(`${JSON.stringify(doc)} merged with ${JSON.stringify(patch)}`, () => {
    assert.deepEqual(applyMergePatch(deepFreeze(doc), deepFreeze(patch)), result)
  })
}

test('only an object is a merge patch', () => {
  const message = 'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}'
  assert.throws(() => applyMergePatch({}, []), { code: 400, message })
})

test('__proto__ is a name like any other', () => {
  const patched = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}')) as object
  assert.equal(JSON.stringify(patched), '{"__proto__":{"polluted":1}}')
  assert.equal('polluted' in {}, false)
})
