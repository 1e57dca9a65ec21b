import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../api/types/core.v1.ts'
import { byDeletionOrder } from './deletion-rank.ts'

const NOW = Date.UTC(2026, 0, 2)
const ago = (seconds: number) => `${new Date(NOW - seconds * 1000).toISOString().slice(0, 19)}Z`

interface Facts {
  node?: string
  phase?: 'Pending' | 'Running' | 'Unknown'
  /** Seconds since it became ready. */
  ready?: number
  cost?: string
  restarts?: number
  sidecarRestarts?: number
  age?: number
}

function pod(name: string, facts: Facts): Pod {
  const { node = 'n', phase = 'Running', ready, cost, restarts = 0, sidecarRestarts, age = 1000 } = facts
  const status = (name: string, restartCount: number) => ({ name, restartCount, ready: true, image: '', imageID: '' })
  const annotations = cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': cost }
  return {
    metadata: { name, namespace: 'ns', uid: name, resourceVersion: '1', creationTimestamp: ago(age), annotations },
    spec: {
      ...(node && { nodeName: node }),
      containers: [{ name: 'c' }],
      ...(sidecarRestarts !== undefined && { initContainers: [{ name: 's', restartPolicy: 'Always' }] }),
    },
    status: {
      phase,
      conditions: ready === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: ago(ready) }],
      containerStatuses: [status('c', restarts)],
      initContainerStatuses: sidecarRestarts === undefined ? [] : [status('s', sidecarRestarts)],
    },
  } as Pod
}

/** The first goes before the second, whichever way they are compared. */
const cases: { title: string; first: Facts; second: Facts }[] = [
  { title: 'not bound before bound', first: { node: '', ready: 9 }, second: { phase: 'Pending' } },
  { title: 'pending before unknown', first: { phase: 'Pending', ready: 9 }, second: { phase: 'Unknown' } },
  { title: 'unknown before running', first: { phase: 'Unknown', ready: 9 }, second: {} },
  { title: 'not ready before ready', first: { cost: '9' }, second: { ready: 9, cost: '1' } },
  { title: 'cheap before dear', first: { ready: 900, cost: '-1' }, second: { ready: 9, cost: '0', node: 'crowded' } },
  {
    title: 'a cost that is no integer counts as none',
    first: { ready: 1, cost: '1.5' },
    second: { ready: 1, cost: '1' },
  },
  { title: 'on a crowded node before alone', first: { ready: 900, node: 'crowded' }, second: { ready: 9 } },
  { title: 'ready for less long, by powers of two', first: { ready: 10 }, second: { ready: 900, restarts: 5 } },
  { title: 'more restarts', first: { restarts: 3, age: 9000 }, second: { restarts: 2, sidecarRestarts: 9 } },
  { title: 'more restarts of a sidecar', first: { sidecarRestarts: 3, age: 9000 }, second: { sidecarRestarts: 2 } },
  { title: 'younger, by powers of two', first: { age: 10 }, second: { age: 900 } },
]
for (const { title, first, second } of cases) {
  test(`which pod goes first: ${title}`, () => {
    const order = byDeletionOrder(({ spec }) => (spec.nodeName === 'crowded' ? 2 : 1), NOW)
    const names = (...pods: Pod[]) => pods.sort(order).map(({ metadata }) => metadata.name)
    const [a, z] = [pod('z', first), pod('a', second)]
    assert.deepEqual(
      [names(a, z), names(z, a)],
      [
        ['z', 'a'],
        ['z', 'a'],
      ],
    )
  })
}
