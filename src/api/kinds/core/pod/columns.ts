import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { PrinterColumn } from '../../../resource.ts'
import type { Pod, PodStatus } from '../../../types/core.v1.ts'
import { ageOf } from '../../printing/age.ts'
import { ageColumn, nameColumn } from '../../printing/columns.ts'
import { summarise } from './summary.ts'

type ReadonlyPod = DeepReadonly<Pod>

export const podColumns: readonly PrinterColumn<Pod>[] = [
  nameColumn,
  {
    header: 'Ready',
    cell: (pod) => {
      const { ready, total } = summarise(pod)
      return `${ready}/${total}`
    },
  },
  { header: 'Status', cell: (pod) => summarise(pod).status },
  {
    header: 'Restarts',
    cell: (pod, now) => {
      const { restarts, lastRestart } = summarise(pod)
      return restarts > 0 && lastRestart ? `${restarts} (${ageOf(lastRestart, now)} ago)` : String(restarts)
    },
  },
  ageColumn,
  { header: 'IP', priority: 1, cell: ({ status }) => status.podIPs?.[0]?.ip || '<none>' },
  { header: 'Node', priority: 1, cell: ({ spec }) => spec.nodeName || '<none>' },
  { header: 'Nominated Node', priority: 1, cell: ({ status }) => status.nominatedNodeName || '<none>' },
  { header: 'Readiness Gates', priority: 1, cell: readinessGates },
]

function readinessGates({ spec: { readinessGates: gates = [] }, status }: ReadonlyPod): string {
  if (gates.length === 0) return '<none>'
  const passed = gates.filter(({ conditionType }) => isTrue(status, conditionType)).length
  return `${passed}/${gates.length}`
}

function isTrue({ conditions = [] }: DeepReadonly<PodStatus>, type: string): boolean {
  return conditions.some((condition) => condition.type === type && condition.status === 'True')
}
