import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sameMembers } from './same-members.ts'

test('an undefined member is none, and the order of members does not matter', () => {
  assert.ok(sameMembers({ a: 1, b: { c: [1, 'x', null] } }, { b: { d: undefined, c: [1, 'x', null] }, a: 1 }))
  assert.ok(sameMembers({ a: undefined }, {}))
  assert.ok(sameMembers({}, { a: undefined }))
})

test('values, kinds of values and lengths that differ are told', () => {
  for (const [left, right] of [
    [{ a: 1 }, { a: 2 }],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, {}],
    [{}, { a: 1 }],
    [{ a: null }, {}],
    [[], {}],
    [[1], [1, 2]],
    [
      [1, 2],
      [2, 1],
    ],
    ['1', 1],
  ]) {
    assert.equal(sameMembers(left, right), false, JSON.stringify([left, right]))
  }
})

test('what objects inherit is no member of theirs', () => {
  const awkward = JSON.parse('{"__proto__":{},"constructor":"x"}') as object
  assert.equal(sameMembers(awkward, { constructor: 'x' }), false)
  assert.equal(sameMembers({ toString: 'x' }, {}), false)
  assert.equal(sameMembers({}, { toString: 'x' }), false)
  assert.ok(sameMembers(awkward, JSON.parse('{"constructor":"x","__proto__":{}}')))
})
