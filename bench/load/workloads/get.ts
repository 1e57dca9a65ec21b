import type { Workload } from '../workload.ts'

/** GET of one object of 1 KB. */
export const get: Workload = {
  name: 'get',
  onlyReads: true,
  open:
    ({ maps, objects }) =>
    (index) => ({ method: 'GET', path: `${maps}/map-${index % objects}` }),
}
