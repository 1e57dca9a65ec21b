import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editable } from '../../base/deep-readonly.ts'
import { podOf } from '../../testing/kubelet-builders.ts'
import type { PodView } from './pod.ts'
import { isReasonToLook } from './pod-change.ts'

type Change = (pod: ReturnType<typeof editable<PodView>>) => void

const cases: readonly (readonly [what: string, change: Change, isReason: boolean])[] = [
  ['nothing but the resource version', ({ metadata }) => Object.assign(metadata, { resourceVersion: '2' }), false],
  ['our own status', (pod) => Object.assign(pod, { status: { phase: 'Running', podIP: '10.0.0.1' } }), false],
  ['a label', ({ metadata }) => Object.assign(metadata, { labels: { a: 'b' } }), true],
  ['the specification', ({ metadata }) => Object.assign(metadata, { generation: 2 }), true],
  ['deletion', ({ metadata }) => Object.assign(metadata, { deletionTimestamp: '2026-01-01T00:00:00Z' }), true],
  [
    'a readiness gate',
    (pod) => Object.assign(pod, { status: { conditions: [{ type: 'x/y', status: 'True' }] } }),
    true,
  ],
]

for (const [what, change, isReason] of cases) {
  test(`a change of ${what} is ${isReason ? 'a' : 'no'} reason to look at a pod`, () => {
    const before = podOf()
    const after = editable(before)
    change(after)
    assert.equal(isReasonToLook(before, after), isReason)
  })
}
