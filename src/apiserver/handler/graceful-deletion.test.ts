import assert from 'node:assert/strict'
import test from 'node:test'
import type { ApiObject, KindRules, ResourceDefinition } from '../../api/resource.ts'
import type { DeleteOptions } from '../../api/types/meta.v1.ts'
import { deletionStep } from './graceful-deletion.ts'

const NOW = Date.parse('2026-01-01T00:00:30Z')
const graceful: KindRules<ApiObject> = { gracePeriodSeconds: (_object, asked) => asked ?? 30 }
const dying = { deletionTimestamp: '2026-01-01T00:00:20Z', deletionGracePeriodSeconds: 20 }

const cases: [title: string, rules: KindRules<ApiObject>, metadata: object, options: DeleteOptions, want: object][] = [
  ['a plain object goes at once', {}, {}, {}, { kind: 'remove' }],
  [
    'an object with a finalizer is marked and stays',
    {},
    { finalizers: ['x/y'], generation: 1 },
    {},
    marked(false, { finalizers: ['x/y'], generation: 2, ...at('00:30', 0) }),
  ],
  [
    'orphaning adds its finalizer',
    {},
    {},
    { propagationPolicy: 'Orphan' },
    marked(false, { finalizers: ['orphan'], ...at('00:30', 0) }),
  ],
  [
    'deleting in the background takes the finalizer of the foreground off',
    {},
    { finalizers: ['foregroundDeletion'] },
    { propagationPolicy: 'Background' },
    { kind: 'remove' },
  ],
  ['a pod gets its grace period', graceful, {}, {}, marked(false, at('01:00', 30))],
  ['no grace is marked and then removed', graceful, {}, { gracePeriodSeconds: 0 }, marked(true, at('00:30', 0))],
  [
    'a longer grace than the running one changes nothing',
    graceful,
    dying,
    { gracePeriodSeconds: 50 },
    { kind: 'wait' },
  ],
  [
    'a shorter grace counts from the first request',
    graceful,
    dying,
    { gracePeriodSeconds: 5 },
    marked(false, at('00:05', 5)),
  ],
]

for (const [title, rules, metadata, options, want] of cases) {
  test(title, () => {
    const definition = { kind: 'Thing', rules } as unknown as ResourceDefinition
    assert.deepEqual(deletionStep(definition, { metadata }, options, NOW), want)
  })
}

function marked(thenRemove: boolean, metadata: object) {
  return { kind: 'mark', object: { metadata }, thenRemove }
}

function at(time: string, deletionGracePeriodSeconds: number) {
  return { deletionTimestamp: `2026-01-01T00:${time}Z`, deletionGracePeriodSeconds }
}
