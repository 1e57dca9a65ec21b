import { scheduledPod } from '../objects.ts'
import type { Workload } from '../workload.ts'

/** The same pods for the scheduler of the cluster, which has no node for them where there is none, and says so. */
export const createRefusedPod: Workload = {
  name: 'create-refused-pod',
  leavesObjects: true,
  open:
    ({ newPods, round }) =>
    (index) => ({ method: 'POST', path: newPods, body: scheduledPod(`pod-${round}-${index}`) }),
}
