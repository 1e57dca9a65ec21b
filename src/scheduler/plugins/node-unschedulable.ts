import { toleratedBy } from '../../api/scheduling/tolerations.ts'
import type { Taint } from '../../api/types/core.v1.ts'
import type { SchedulerPlugin } from '../plugin.ts'
import { pass, refuse } from '../plugin.ts'

const CORDON: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
const cordoned = refuse('node(s) were unschedulable', { final: true })

/** Cordoned nodes take only pods that tolerate the cordon. */
export const nodeUnschedulable: SchedulerPlugin = {
  name: 'NodeUnschedulable',
  filter({ pod }, { node }) {
    return !node.spec.unschedulable || toleratedBy(CORDON, pod.spec.tolerations) ? pass : cordoned
  },
  requeue: (_pod, event) =>
    event.kind === 'node-added' ||
    (event.kind === 'node-updated' && !event.node.spec.unschedulable && event.old.spec.unschedulable === true),
}
