import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare } from './compare.ts'
import { type FieldSet, fieldSet, isEmpty, union } from './field-set.ts'
import { decodeManaged, encodeManaged, managedEntry, managerId } from './managed-fields.ts'
import type { OwnershipRules } from './managers.ts'
import { ownersAfterUpdate } from './ownership.ts'
import { tableMergeType } from './table-merge-type.ts'
import { updatedEntries } from './update-entries.ts'

const CONFIG_MAP = tableMergeType('io.k8s.api.core.v1.ConfigMap')
const RULES: OwnershipRules = { converter: { convert: (object) => object }, filter: (fields) => fields }
const [BEFORE, NOW] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']
const MANAGERS = ['a', 'b', 'c']

/** Numbers that look random and are the same each time. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (state * 1103515245 + 12345) % 2147483648
    yield state
  }
}

const dataOf = (random: Iterator<number>): Record<string, string> => {
  const data: Record<string, string> = {}
  for (const key of ['v', 'w', 'x', 'y', 'z']) {
    const number = random.next().value % 3
    if (number > 0) data[key] = String(number)
  }
  return data
}

/** What upstream's library makes of it: the update is somebody else's until it is known what it set. */
async function byOwners(entries: ReturnType<typeof encodeManaged>, live: object, next: object, manager: string) {
  const { managers, times } = decodeManaged(entries, { isOurs: true })
  const object = (value: object) => ({ apiVersion: 'v1', type: CONFIG_MAP, value: { data: value } })
  const change = { live: object(live), next: object(next), managers, manager: 'self' }
  const after = new Map(await ownersAfterUpdate(change, RULES))
  const mine = after.get('self')
  after.delete('self')
  if (mine) {
    const id = managerId({ manager, operation: 'Update', apiVersion: 'v1' })
    after.set(id, { ...mine, fields: union(mine.fields, after.get(id)?.fields ?? {}) })
    times.set(id, NOW as string)
  }
  return encodeManaged({ managers: after, times })
}

test('entries after an update are those that ownership by managers gives', async () => {
  const random = numbers(7)
  for (let round = 0; round < 300; round++) {
    const [live, next] = [dataOf(random), dataOf(random)]
    const owned = MANAGERS.map((manager): [string, FieldSet] => [
      manager,
      fieldSet(
        ...Object.keys(live)
          .filter(() => random.next().value % 2 === 0)
          .map((key) => ['f:data', `f:${key}`]),
      ),
    ]).filter(([, fields]) => !isEmpty(fields))
    const entries = owned.map(([manager, fields]) => {
      const id = managerId({ manager, operation: 'Update', apiVersion: 'v1' })
      return managedEntry(id, { fields, apiVersion: 'v1', applied: false }, BEFORE)
    })
    const manager = MANAGERS[random.next().value % 3] as string
    const { added, modified, removed } = compare(CONFIG_MAP, { data: live }, { data: next })
    const identity = { manager, apiVersion: 'v1', subresource: '' }
    const found = updatedEntries({
      entries,
      set: union(modified, added),
      removed,
      manager: identity,
      now: NOW as string,
    })
    assert.deepEqual(
      found,
      await byOwners(entries, live, next, manager),
      JSON.stringify({ round, live, next, entries }),
    )
  }
})
