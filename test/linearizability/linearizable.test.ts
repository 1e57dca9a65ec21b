import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLinearizable, type KeyAction, type KeyCall } from './linearizable.ts'

const FOREVER = Number.POSITIVE_INFINITY
const call = (invoked: number, returned: number, action: KeyAction): KeyCall => ({ invoked, returned, action })
const put = (expected: number, value: string, revision: number): KeyAction => ({
  type: 'put',
  expected,
  value,
  revision,
})
const read = (revision: number, value = ''): KeyAction => ({ type: 'read', revision, value })
const remove = (expected: number, revision: number): KeyAction => ({ type: 'delete', expected, revision })
const mismatch = (actual: number): KeyAction => ({ type: 'mismatch', actual })

const histories: [name: string, isGood: boolean, calls: KeyCall[]][] = [
  ['a read sees the write before it', true, [call(1, 2, put(0, 'a', 2)), call(3, 4, read(2, 'a'))]],
  ['a read does not see the write before it', false, [call(1, 2, put(0, 'a', 2)), call(3, 4, read(0))]],
  [
    'a read beside a write sees it or not',
    true,
    [call(1, 4, put(0, 'a', 2)), call(2, 3, read(0)), call(5, 6, read(2, 'a'))],
  ],
  [
    'two reads one after the other see a write come and go',
    false,
    [call(1, 8, put(0, 'a', 2)), call(2, 3, read(2, 'a')), call(4, 5, read(0))],
  ],
  ['two writers with one guard both succeed', false, [call(1, 4, put(0, 'a', 2)), call(2, 3, put(0, 'b', 3))]],
  ['the second of two writers is refused', true, [call(1, 4, put(0, 'a', 2)), call(2, 3, mismatch(2))]],
  ['a writer is refused for a revision that never was', false, [call(1, 2, put(0, 'a', 2)), call(3, 4, mismatch(7))]],
  ['a write of unknown outcome is seen later', true, [call(1, FOREVER, put(0, 'a', 0)), call(5, 6, read(9, 'a'))]],
  ['a write of unknown outcome is never seen', true, [call(1, FOREVER, put(0, 'a', 0)), call(5, 6, read(0))]],
  [
    'a write of unknown outcome is seen before it began',
    false,
    [call(1, 2, read(2, 'a')), call(3, FOREVER, put(0, 'a', 0))],
  ],
  [
    'a write of unknown outcome is seen and gone again',
    false,
    [call(1, FOREVER, put(0, 'a', 0)), call(2, 3, read(9, 'a')), call(4, 5, read(0))],
  ],
  [
    'a deleted key is created again',
    true,
    [call(1, 2, put(0, 'a', 2)), call(3, 4, remove(2, 3)), call(5, 6, put(0, 'b', 4)), call(7, 8, read(4, 'b'))],
  ],
  ['a deletion of what is not there succeeds', false, [call(1, 2, remove(2, 3))]],
]
for (const [name, isGood, calls] of histories) {
  test(`linearizability: ${name}: ${isGood ? 'fine' : 'refused'}`, () => assert.equal(isLinearizable(calls), isGood))
}
