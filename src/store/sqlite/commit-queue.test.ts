import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CommitQueue, type PendingWrite } from './commit-queue.ts'
import type { BatchOutcome } from './messages.ts'

test('as many as were committed are committed next, while watchers are told of the last', async () => {
  const { queue, steps, commits } = recorded()
  add(queue, 'a', 'b')
  await turn()
  add(queue, 'c')
  commits.shift()!.resolve(outcomeOf(2))
  await turn()
  commits.shift()!.resolve(outcomeOf(1))
  await queue.drained()
  assert.deepEqual(steps, ['commit a b', 'commit c', 'publish a b', 'publish c'])
})

test('fewer wait for those who are told of the last commit, and may have more to write', async () => {
  const { queue, steps, commits } = recorded()
  add(queue, 'a', 'b', 'c')
  queue.add(write('d', () => add(queue, 'f', 'g')))
  await turn()
  add(queue, 'e')
  commits.shift()!.resolve(outcomeOf(4))
  await turn()
  await turn()
  commits.shift()!.resolve(outcomeOf(3))
  await queue.drained()
  assert.deepEqual(steps, ['commit a b c d', 'publish a b c d', 'commit e f g', 'publish e f g'])
})

test('a commit that fails fails its writes alone', async () => {
  const { queue, steps, commits } = recorded()
  const outcomes: unknown[] = []
  queue.add(write('a', (outcome) => outcomes.push(outcome)))
  await turn()
  queue.add(write('b', (outcome) => outcomes.push(outcome)))
  const fault = new Error('no space')
  commits.shift()!.reject(fault)
  await turn()
  commits.shift()!.resolve(outcomeOf(1))
  await queue.drained()
  assert.deepEqual(steps, ['commit a', 'commit b', 'publish b'])
  assert.deepEqual(outcomes, [fault, { revision: 1, previous: 0 }])
})

function recorded() {
  const steps: string[] = []
  const commits: PromiseWithResolvers<BatchOutcome>[] = []
  const queue = new CommitQueue({
    commit: ({ keys }) => {
      steps.push(`commit ${keys.join(' ')}`)
      const commit = Promise.withResolvers<BatchOutcome>()
      commits.push(commit)
      return commit.promise
    },
    publish: (writes) => void steps.push(`publish ${writes.map(({ key }) => key).join(' ')}`),
    maxWrites: 100,
    maxBytes: 1_000,
  })
  return { queue, steps, commits }
}

const write = (key: string, settle: PendingWrite['settle'] = () => {}): PendingWrite => ({
  key,
  value: undefined,
  expected: 1,
  expires: 0,
  settle,
})

function add(queue: CommitQueue, ...keys: string[]): void {
  for (const key of keys) queue.add(write(key))
}

const outcomeOf = (writes: number): BatchOutcome => ({
  revisions: Array.from({ length: writes }, (_, index) => index + 1),
  previous: Array(writes).fill(0),
})

const turn = () => new Promise((resolve) => setImmediate(resolve))
