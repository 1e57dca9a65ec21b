import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { DaemonView } from './daemonset-plan.ts'
import { planUpdate } from './daemonset-plan.ts'

/** A pod of a revision; `!` marks one that is not ready. */
function pod(node: string, text: string): DeepReadonly<Pod> {
  const revision = text.replace('!', '')
  const conditions = [{ type: 'Ready', status: text.endsWith('!') ? 'False' : 'True' }]
  const metadata = { name: `${node}-${revision}`, labels: { 'controller-revision-hash': revision } }
  return { metadata, spec: {}, status: { conditions } } as unknown as DeepReadonly<Pod>
}

function view(rollingUpdate: object, nodes: Record<string, string[]>): DaemonView {
  const set = { spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate } } } as unknown as DaemonView['set']
  const entries = Object.entries(nodes).map(([name, pods]) => ({
    name,
    run: true,
    keep: true,
    pods: pods.map((text) => pod(name, text)),
  }))
  return { set, nodes: entries, stranded: [], hash: 'new', now: 0 }
}

const one = { maxUnavailable: 1 }
const surge = { maxSurge: 1, maxUnavailable: 0 }
const cases: { what: string; bounds: object; nodes: Record<string, string[]>; create: string[]; remove: string[] }[] = [
  { what: 'one of two goes', bounds: one, nodes: { a: ['old'], b: ['old'] }, create: [], remove: ['a-old'] },
  { what: 'a new pod is waited for', bounds: one, nodes: { a: ['new!'], b: ['old'] }, create: [], remove: [] },
  { what: 'broken ones go at once', bounds: one, nodes: { a: ['old!'], b: ['old'] }, create: [], remove: ['a-old'] },
  { what: 'a surge begins beside', bounds: surge, nodes: { a: ['old'], b: ['old'] }, create: ['a'], remove: [] },
  { what: 'a surge ends', bounds: surge, nodes: { a: ['new', 'old'] }, create: [], remove: ['a-old'] },
]
for (const { what, bounds, nodes, create, remove } of cases) {
  test(`rolling update: ${what}`, () => {
    const plan = planUpdate(view(bounds, nodes))
    assert.deepEqual([plan.create, plan.remove.map(({ metadata }) => metadata.name)], [create, remove])
  })
}
