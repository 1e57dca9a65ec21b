import { pod } from '../objects.ts'
import type { Workload } from '../workload.ts'

/** Pods that no scheduler looks at: admission, defaults, validation and the store. */
export const createPod: Workload = {
  name: 'create-pod',
  leavesObjects: true,
  open:
    ({ newPods, round }) =>
    (index) => ({ method: 'POST', path: newPods, body: pod(`pod-${round}-${index}`) }),
}
