import { configMap } from '../objects.ts'
import type { Workload } from '../workload.ts'

export const create: Workload = {
  name: 'create',
  leavesObjects: true,
  open:
    ({ newMaps, round }) =>
    (index) => ({ method: 'POST', path: newMaps, body: configMap(`new-${round}-${index}`, index) }),
}
