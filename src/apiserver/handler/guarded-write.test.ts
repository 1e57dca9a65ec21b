import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conflict, notFound } from '../../api/status-error.ts'
import { OutcomeUnknown, RevisionMismatch } from '../../store/store.ts'
import type { ResourceStorage } from '../registry/resource-storage.ts'
import type { CachedObject } from '../watch-cache/watch-cache.ts'
import { guardedWrite } from './guarded-write.ts'

const asked = { signal: new AbortController().signal }
const maps = { group: '', plural: 'configmaps' }
const changed = () => conflict(maps, 'a', 'changed')

/** A store that others write to, too: its newest revision of the one object, 0 for none, and what the cache shows of it. */
function sharedStorage({ newest, cached, isShared = true }: { newest: number; cached: number; isShared?: boolean }) {
  const asks: string[] = []
  const at = (revision: number) => (revision === 0 ? undefined : ({ revision } as CachedObject))
  const answer = (what: string, revision: number) => async () => {
    asks.push(what)
    return at(revision)
  }
  const storage = {
    isShared,
    cached: answer('cached', cached),
    current: answer('current', newest),
    reread: answer('reread', newest),
  } as unknown as ResourceStorage
  return { storage, asks }
}

/** Attempts that end as `outcome` says for the revision they begin from. */
function attempts(outcome: (revision: number) => string) {
  const begunFrom: number[] = []
  const attempt = async (current: CachedObject | undefined) => {
    const revision = current?.revision ?? 0
    begunFrom.push(revision)
    return outcome(revision)
  }
  return { begunFrom, attempt }
}

test('a write begins from the cache, and asks a shared store nothing when it succeeds', async () => {
  const { storage, asks } = sharedStorage({ newest: 5, cached: 5 })
  const { attempt, begunFrom } = attempts(() => 'written')
  assert.equal(await guardedWrite(storage, 'a', asked, attempt, 'cached'), 'written')
  assert.deepEqual([asks, begunFrom], [['cached'], [5]])
})

const refusals: [what: string, error: () => Error][] = [
  ['was overtaken', () => new RevisionMismatch('a', 7)],
  ['would be refused', changed],
  ['does not find the object', () => notFound(maps, 'a')],
]
for (const [what, error] of refusals) {
  test(`a write from an old state that ${what} is made again from the newest`, async () => {
    const { storage, asks } = sharedStorage({ newest: 7, cached: 5 })
    const { attempt, begunFrom } = attempts((revision) => {
      if (revision === 5) throw error()
      return 'written'
    })
    assert.equal(await guardedWrite(storage, 'a', asked, attempt, 'cached'), 'written')
    assert.deepEqual(
      [asks, begunFrom],
      [
        ['cached', 'reread'],
        [5, 7],
      ],
    )
  })
}

test('an object that the cache does not show yet is found', async () => {
  const { storage } = sharedStorage({ newest: 7, cached: 0 })
  const { attempt } = attempts((revision) => {
    if (revision === 0) throw notFound(maps, 'a')
    return 'written'
  })
  assert.equal(await guardedWrite(storage, 'a', asked, attempt, 'cached'), 'written')
})

test('a refusal counts when the cache shows the newest state', async () => {
  const { storage, asks } = sharedStorage({ newest: 5, cached: 5 })
  const { attempt, begunFrom } = attempts(() => {
    throw changed()
  })
  await assert.rejects(guardedWrite(storage, 'a', asked, attempt, 'cached'), changed())
  assert.deepEqual([asks, begunFrom], [['cached', 'reread'], [5]])
})

test('a write whose outcome is not known is not made again', async () => {
  const { storage, asks } = sharedStorage({ newest: 7, cached: 5 })
  const { attempt } = attempts(() => {
    throw new OutcomeUnknown('lost')
  })
  await assert.rejects(guardedWrite(storage, 'a', asked, attempt, 'cached'), OutcomeUnknown)
  assert.deepEqual(asks, ['cached'])
})

for (const [what, isShared, beginning] of [
  ['that rests on what was read', true, 'newest'],
  ['to a store of this server alone', false, 'cached'],
] as const) {
  test(`a write ${what} begins from the newest state, and its refusal counts`, async () => {
    const { storage, asks } = sharedStorage({ newest: 7, cached: 5, isShared })
    const { attempt, begunFrom } = attempts(() => {
      throw changed()
    })
    await assert.rejects(guardedWrite(storage, 'a', asked, attempt, beginning), changed())
    assert.deepEqual([asks, begunFrom], [['current'], [7]])
  })
}
