import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, PodSpec } from '../api/types/core.v1.ts'
import { FakeClock } from '../testing/fake-clock.ts'
import type { SchedulerPlugin } from './plugin.ts'
import { schedulingGates } from './plugins/scheduling-gates.ts'
import { SchedulingQueue } from './scheduling-queue.ts'

function pod(name: string, spec: Partial<PodSpec> = {}): Pod {
  const metadata = {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    generation: 1,
  }
  return { metadata, spec: { containers: [], ...spec }, status: {} }
}

const fit: SchedulerPlugin = { name: 'Fit', requeue: (_pod, event) => event.kind === 'pod-gone' }

function setUp() {
  const clock = new FakeClock()
  const gated: string[] = []
  const onGated = ({ metadata }: { metadata: { name: string } }, reason: string) =>
    gated.push(`${metadata.name}: ${reason}`)
  const queue = new SchedulingQueue({ plugins: [schedulingGates, fit], clock, onGated, wake: () => {} })
  const names = () => {
    const taken: string[] = []
    for (let next = queue.take(); next; next = queue.take()) taken.push(next.metadata.name)
    return taken
  }
  return { clock, queue, gated, names }
}

test('queue: higher priority first, then who came first', async () => {
  const { clock, queue, names } = setUp()
  for (const [name, priority] of [
    ['a', 0],
    ['b', 0],
    ['c', 9],
  ] as const) {
    queue.set(pod(name, { priority }))
    await clock.advance(1)
  }
  assert.deepEqual(names(), ['c', 'a', 'b'])
})

test('queue: a refused pod comes back when an event helps, not before its back-off is over', async () => {
  const { clock, queue, names } = setUp()
  const subject = pod('a')
  queue.set(subject)
  assert.deepEqual(names(), ['a'])
  queue.park(subject, new Set(['Fit']))
  queue.happened({ kind: 'storage-changed' })
  await clock.advance(60_000)
  assert.deepEqual(names(), [])
  queue.happened({ kind: 'pod-gone', pod: pod('x') })
  assert.deepEqual(names(), ['a'])
  queue.park(subject, new Set(['Fit']))
  queue.happened({ kind: 'pod-gone', pod: pod('x') })
  assert.deepEqual(names(), [])
  await clock.advance(2000)
  assert.deepEqual(names(), ['a'])
})

test('queue: a pod that no plugin refused, as there was no node, comes back with the first event', async () => {
  const { clock, queue, names } = setUp()
  const subject = pod('a')
  queue.set(subject)
  names()
  queue.park(subject, new Set())
  await clock.advance(1000)
  assert.deepEqual(names(), [])
  queue.happened({ kind: 'storage-changed' })
  assert.deepEqual(names(), ['a'])
})

test('queue: a pod that no event brings back is tried again after five minutes', async () => {
  const { clock, queue, names } = setUp()
  const subject = pod('a')
  queue.set(subject)
  names()
  queue.park(subject, new Set(['Fit']))
  await clock.advance(299_000)
  assert.deepEqual(names(), [])
  await clock.advance(1000)
  assert.deepEqual(names(), ['a'])
})

test('queue: a gated pod waits until its gates are gone', () => {
  const { queue, gated, names } = setUp()
  queue.set(pod('a', { schedulingGates: [{ name: 'g' }] }))
  assert.deepEqual([names(), gated], [[], ['a: Scheduling is blocked due to non-empty scheduling gates']])
  queue.set(pod('a'))
  assert.deepEqual(names(), ['a'])
})

test('queue: what only the scheduler wrote does not bring a refused pod back', () => {
  const { queue, names } = setUp()
  const subject = pod('a')
  queue.set(subject)
  names()
  queue.park(subject, new Set(['SchedulingGates']))
  queue.set({ ...subject, status: { conditions: [{ type: 'PodScheduled', status: 'False' }] } })
  assert.deepEqual(names(), [])
})

test('queue: a deleted pod is never tried', () => {
  const { queue, names } = setUp()
  queue.set(pod('a'))
  queue.remove('a')
  assert.deepEqual([names(), queue.size], [[], 0])
})
