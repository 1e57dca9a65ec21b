import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryStore } from '../../store/memory/memory-store.ts'
import { FencedOff } from '../../store/store.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { claimTerm } from './term-fence.ts'

const setup = () => {
  const store = new MemoryStore({ clock: new FakeClock() })
  const claim = (holder: string, mayClaim = () => true) =>
    claimTerm({ store, name: 'kube-scheduler', holder, mayClaim })
  return { store, claim }
}

test('each term has a revision of its own, which the next one takes the place of', async () => {
  const { store, claim } = setup()
  const first = await claim('a')
  const second = await claim('b')
  assert.ok(second.revision > first.revision)
  assert.equal((await store.get(second.key)).entry?.revision, second.revision)
})

test('who does not lead any more begins no term', async () => {
  const { store, claim } = setup()
  const second = await claim('b')
  await assert.rejects(
    claim('a', () => false),
    FencedOff,
  )
  assert.equal((await store.get(second.key)).entry?.revision, second.revision)
})

test('a claim that is overtaken looks again whether it may', async () => {
  const { store, claim } = setup()
  let leads = true
  const overtaken = claim('a', () => {
    const may = leads
    leads = false
    return may
  })
  const winner = claim('b')
  const outcomes = await Promise.allSettled([overtaken, winner])
  const { entry } = await store.get('/registry/navarch/terms/kube-scheduler')
  const revisions = outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.revision)
  assert.ok(revisions.includes(entry?.revision ?? 0))
})
