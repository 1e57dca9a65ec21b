import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StatefulSet } from '../../api/types/apps.v1.ts'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { planStatefulSet } from './statefulset-plan.ts'

/** `0:old`, `1:new!`: ordinal, revision, and a mark for one that is not ready. */
function pod(text: string): DeepReadonly<Pod> {
  const [, ordinal, revision, mark] = /^(\d+):(\w+)(!?)$/.exec(text) ?? []
  const conditions = [{ type: 'Ready', status: mark ? 'False' : 'True' }]
  const metadata = { name: `w-${ordinal}`, labels: { 'controller-revision-hash': revision } }
  return { metadata, status: { phase: 'Running', conditions } } as unknown as DeepReadonly<Pod>
}

const set = (spec: object): DeepReadonly<StatefulSet> =>
  ({ metadata: { name: 'w' }, spec, status: {} }) as unknown as DeepReadonly<StatefulSet>

const partition = (number: number) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: number } },
})

const cases: { what: string; spec: object; pods: string[]; create: string[]; remove: string[] }[] = [
  {
    what: 'an ordered set begins with one pod',
    spec: { replicas: 2, ...partition(0) },
    pods: [],
    create: ['0:new'],
    remove: [],
  },
  {
    what: 'a parallel set makes all at once',
    spec: { replicas: 2, podManagementPolicy: 'Parallel', ...partition(0) },
    pods: [],
    create: ['0:new', '1:new'],
    remove: [],
  },
  {
    what: 'ordinals below the partition keep the old template',
    spec: { replicas: 1, ...partition(1) },
    pods: [],
    create: ['0:old'],
    remove: [],
  },
  {
    what: 'the highest goes first',
    spec: { replicas: 1, ...partition(0) },
    pods: ['0:new', '1:new', '2:new'],
    create: [],
    remove: ['w-2'],
  },
  {
    what: 'nothing moves past a pod that is not ready',
    spec: { replicas: 2, ...partition(0) },
    pods: ['0:old!', '1:old'],
    create: [],
    remove: [],
  },
  {
    what: 'a roll-out begins at the end',
    spec: { replicas: 2, ...partition(0) },
    pods: ['0:old', '1:old'],
    create: [],
    remove: ['w-1'],
  },
  {
    what: 'a partition is not crossed',
    spec: { replicas: 2, ...partition(1) },
    pods: ['0:old', '1:new'],
    create: [],
    remove: [],
  },
  {
    what: 'OnDelete leaves old pods alone',
    spec: { replicas: 1, updateStrategy: { type: 'OnDelete' } },
    pods: ['0:old'],
    create: [],
    remove: [],
  },
  {
    what: 'an unavailable pod beyond the ordinals holds a higher one back',
    spec: { replicas: 0, ...partition(0) },
    pods: ['0:new', '1:new!', '2:new!'],
    create: [],
    remove: [],
  },
  {
    what: 'the lowest unavailable pod beyond the ordinals goes itself',
    spec: { replicas: 0, ...partition(0) },
    pods: ['0:new', '1:new!'],
    create: [],
    remove: ['w-1'],
  },
  {
    what: 'a parallel set gives up all beyond the ordinals at once',
    spec: { replicas: 0, podManagementPolicy: 'Parallel', ...partition(0) },
    pods: ['0:new', '1:new!', '2:new'],
    create: [],
    remove: ['w-2', 'w-1', 'w-0'],
  },
  {
    what: 'a parallel set mends its highest broken old pod first',
    spec: { replicas: 2, podManagementPolicy: 'Parallel', ...partition(0) },
    pods: ['0:old!', '1:old!'],
    create: [],
    remove: ['w-1'],
  },
  {
    what: 'a parallel set waits for the new pod before it goes on',
    spec: { replicas: 2, podManagementPolicy: 'Parallel', ...partition(0) },
    pods: ['0:old', '1:new!'],
    create: [],
    remove: [],
  },
  {
    what: 'maxUnavailable lets several go at once',
    spec: { replicas: 3, updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } },
    pods: ['0:old', '1:old', '2:old'],
    create: [],
    remove: ['w-2', 'w-1'],
  },
  {
    what: 'maxUnavailable as a percentage is rounded down',
    spec: { replicas: 3, updateStrategy: { rollingUpdate: { maxUnavailable: '66%' } } },
    pods: ['0:old', '1:old', '2:old'],
    create: [],
    remove: ['w-2'],
  },
  {
    what: 'in a parallel set broken old pods take no part of maxUnavailable, broken new ones do',
    spec: { replicas: 3, podManagementPolicy: 'Parallel', updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } },
    pods: ['0:old!', '1:old!', '2:new!'],
    create: [],
    remove: ['w-1'],
  },
  {
    what: 'the partition counts from the first ordinal',
    spec: { replicas: 2, ordinals: { start: 5 }, ...partition(1) },
    pods: ['5:old', '6:old'],
    create: [],
    remove: ['w-6'],
  },
]
for (const { what, spec, pods, create, remove } of cases) {
  test(what, () => {
    const view = { set: set(spec), pods: pods.map(pod), currentRevision: 'old', updateRevision: 'new', now: 0 }
    const plan = planStatefulSet(view)
    const removed = [...plan.ended, ...plan.surplus, ...plan.outdated]
    assert.deepEqual(
      [
        plan.create.map(({ ordinal, revision }) => `${ordinal}:${revision}`),
        removed.map(({ metadata }) => metadata.name),
      ],
      [create, remove],
    )
  })
}
