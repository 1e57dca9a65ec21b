import type { SchedulerPlugin } from '../plugin.ts'
import { pass, refuse } from '../plugin.ts'

/** Keeps pods with scheduling gates out of the queue (KEP-3521). */
export const schedulingGates: SchedulerPlugin = {
  name: 'SchedulingGates',
  preEnqueue({ spec }) {
    return spec.schedulingGates?.length
      ? refuse('Scheduling is blocked due to non-empty scheduling gates', { final: true })
      : pass
  },
  requeue: (pod, event) => event.kind === 'pod-changed' && event.pod.metadata.uid === pod.metadata.uid,
}
