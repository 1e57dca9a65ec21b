import assert from 'node:assert/strict'
import { test } from 'node:test'
import { protectionPlan } from './protection.ts'

const HELD = ['x', 'f']
const deletionTimestamp = '2026-01-01T00:00:00Z'
const cases: readonly [metadata: object | undefined, want: string | undefined][] = [
  [undefined, undefined],
  [{}, 'protect'],
  [{ finalizers: HELD }, undefined],
  [{ finalizers: HELD, deletionTimestamp }, 'release'],
  [{ finalizers: ['x'], deletionTimestamp }, undefined],
]
for (const [metadata, want] of cases) {
  test(`protection of ${JSON.stringify(metadata)}: ${want}`, () =>
    assert.equal(protectionPlan(metadata && { metadata: metadata as never }, 'f'), want))
}
