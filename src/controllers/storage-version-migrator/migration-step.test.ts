import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StorageVersionMigration } from '../../api/types/storagemigration.v1beta1.ts'
import { type MigrationCondition, migrationStep, withCondition, withoutRunning } from './migration-step.ts'

const NOW = Date.UTC(2026, 0, 31, 12)

function migration(
  name: string,
  ...conditions: readonly (MigrationCondition | readonly [MigrationCondition, 'False'])[]
): StorageVersionMigration {
  return {
    metadata: { name, creationTimestamp: '2026-01-31T12:00:00Z' },
    spec: { resource: { group: 'example.com', resource: 'widgets' } },
    status: {
      resourceVersion: '7',
      conditions: conditions.map((condition) => {
        const [type, status] = typeof condition === 'string' ? [condition, 'True' as const] : condition
        return { type, status, reason: 'R', message: '', lastTransitionTime: '2026-01-31T12:00:00Z' }
      }),
    },
  } as unknown as StorageVersionMigration
}

const fresh = { ...migration('a'), status: {} } as StorageVersionMigration
const elder = { ...migration('z'), metadata: { name: 'z', creationTimestamp: '2026-01-30T12:00:00Z' } } as never
const elsewhere = { ...migration('z', 'Running'), spec: { resource: { group: '', resource: 'pods' } } } as never

const cases: [string, StorageVersionMigration, readonly StorageVersionMigration[], string][] = [
  ['a new one', fresh, [], 'note-revision'],
  ['the only one of its resource', migration('a'), [elsewhere], 'begin'],
  ['one beside an older one', migration('a'), [elder], 'wait'],
  ['one as old as another, with the later name', migration('b'), [migration('a')], 'wait'],
  ['one beside an older one that is over', migration('b'), [migration('a', 'Succeeded')], 'begin'],
  ['one beside one that runs', migration('a'), [migration('b', 'Running')], 'wait'],
  ['one that runs', migration('a', 'Running'), [], 'rewrite'],
  ['one that has just ended', migration('a', ['Running', 'False'], 'Succeeded'), [], 'clean-up'],
  ['one that ended', migration('a', 'Failed'), [], 'wait'],
]
for (const [what, one, others, step] of cases) {
  test(`${what}: ${step}`, () => assert.equal(migrationStep(one, [one, ...others]), step))
}

test('a migration that ends runs no longer, and then leaves no trace of it', () => {
  const ended = withCondition(migration('a', 'Running'), { type: 'Succeeded', reason: 'R', message: '' }, NOW)
  const said = (conditions = ended.conditions) => conditions?.map(({ type, status }) => `${type}=${status}`)
  assert.deepEqual(said(), ['Running=False', 'Succeeded=True'])
  assert.deepEqual(said(withoutRunning({ ...migration('a'), status: ended }).conditions), ['Succeeded=True'])
})
