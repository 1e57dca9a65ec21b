import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '../../base/log.ts'
import { FakeClock } from '../../testing/fake-clock.ts'
import { containerOf, podOf } from '../../testing/kubelet-builders.ts'
import type { PodView } from '../pods/pod.ts'
import { PodEvents } from '../pods/pod-events.ts'
import type { PodFailure } from '../pods/pod-status.ts'
import { EvictionManager } from './eviction-manager.ts'
import type { Signals } from './thresholds.ts'

const MIB = 1024 * 1024
const PLENTY: Signals = {
  memoryAvailableBytes: 2000 * MIB,
  memoryCapacityBytes: 4000 * MIB,
  diskAvailableBytes: 50_000 * MIB,
  diskCapacityBytes: 100_000 * MIB,
  inodesFree: 900,
  inodes: 1000,
}
const LITTLE_MEMORY: Signals = { ...PLENTY, memoryAvailableBytes: 60 * MIB }

interface Running {
  readonly name: string
  readonly memory: number
  readonly requested?: string
  readonly priority?: number
}

const podFor = ({ name, requested, priority = 0 }: Running): PodView => {
  const resources = requested === undefined ? {} : { requests: { memory: requested } }
  return podOf({ priority, containers: [containerOf('main', { resources })] }, { name, uid: name })
}

/** A manager over these pods and signals; what it does is in the lists. */
function watching(running: readonly Running[], signals: { now: Signals }) {
  const clock = new FakeClock()
  const evicted: { pod: string; failure: PodFailure; graceSeconds: number }[] = []
  const events: string[] = []
  let changes = 0
  const say = (_subject: unknown, reason: string, message: string): void => void events.push(`${reason}: ${message}`)
  const manager = new EvictionManager({
    pods: {
      list: () => running.map(podFor),
      evict: (pod, failure, graceSeconds) => void evicted.push({ pod: pod.metadata.name, failure, graceSeconds }),
    },
    runtime: {
      listContainerStats: async () =>
        running.map(({ name, memory }) => ({
          attributes: { labels: { 'io.kubernetes.pod.uid': name, 'io.kubernetes.container.name': 'main' } },
          memory: { workingSetBytes: { value: memory * MIB } },
        })) as never,
    },
    events: new PodEvents({ normal: say, warning: say } as never),
    dataDir: '/',
    clock,
    log: silentLogger,
    readSignals: async () => signals.now,
    onChange: () => changes++,
  })
  const sample = () => manager.sample(AbortSignal.timeout(1000))
  return { manager, clock, evicted, events, sample, changes: () => changes }
}

test('a node with enough of everything evicts nobody', async () => {
  const { sample, evicted, manager } = watching([{ name: 'a', memory: 900 }], { now: PLENTY })
  await sample()
  assert.deepEqual([evicted, [...manager.pressures]], [[], []])
})

test('an evicted pod is told why, in its status, a condition and an event', async () => {
  const { sample, evicted, events } = watching([{ name: 'a', memory: 90, requested: '1Gi' }], { now: LITTLE_MEMORY })
  await sample()
  const message = 'The node was low on resource: memory. Threshold quantity: 100Mi, available: 60Mi. '
  const [first] = evicted
  assert.equal(first?.failure.reason, 'Evicted')
  assert.equal(first?.failure.message, message)
  assert.equal(first?.graceSeconds, 0)
  const { type, status, reason } = first?.failure.condition ?? {}
  assert.deepEqual([type, status, reason], ['DisruptionTarget', 'True', 'TerminationByKubelet'])
  assert.deepEqual(events, [`Evicted: ${message}`])
})

test('which container used more than it asked for is told', async () => {
  const { sample, evicted } = watching([{ name: 'a', memory: 900, requested: '100Mi' }], { now: LITTLE_MEMORY })
  await sample()
  const detail = 'Container main was using 900Mi, request is 100Mi, has larger consumption of memory. '
  assert.equal(evicted[0]?.failure.message.endsWith(detail), true)
})

const orders: readonly (readonly [string, readonly Running[], string | undefined])[] = [
  [
    'the one beyond its request, however little',
    [
      { name: 'within', memory: 900, requested: '1Gi' },
      { name: 'beyond', memory: 10 },
    ],
    'beyond',
  ],
  [
    'of two beyond their request the one of lower priority',
    [
      { name: 'high', memory: 900, priority: 10 },
      { name: 'low', memory: 10 },
    ],
    'low',
  ],
  [
    'of two equals the one that uses most',
    [
      { name: 'small', memory: 10 },
      { name: 'big', memory: 900 },
    ],
    'big',
  ],
  ['never a critical one', [{ name: 'critical', memory: 900, priority: 2_000_000_000 }], undefined],
]

for (const [what, running, want] of orders) {
  test(`the pod that goes is ${what}`, async () => {
    const { sample, evicted } = watching(running, { now: LITTLE_MEMORY })
    await sample()
    assert.deepEqual(
      evicted.map(({ pod }) => pod),
      want === undefined ? [] : [want],
    )
  })
}

test('one pod goes at a time', async () => {
  const { sample, evicted } = watching(
    [
      { name: 'a', memory: 9 },
      { name: 'b', memory: 8 },
    ],
    { now: LITTLE_MEMORY },
  )
  await sample()
  assert.equal(evicted.length, 1)
})

test('a pressure is shown at once, and until five minutes after its cause has gone', async () => {
  const signals = { now: { ...PLENTY, diskAvailableBytes: 1 } as Signals }
  const { sample, manager, clock, changes } = watching([], signals)
  await sample()
  assert.deepEqual([[...manager.pressures], changes()], [['DiskPressure'], 1])
  signals.now = PLENTY
  await clock.advance(4 * 60_000)
  await sample()
  assert.deepEqual([...manager.pressures], ['DiskPressure'])
  await clock.advance(60_000)
  assert.deepEqual([...manager.pressures], [])
})
