import type { Workload } from '../workload.ts'

/** Those of all objects that have a label: one in ten. */
export const listSelector: Workload = {
  name: 'list-selector',
  onlyReads: true,
  open:
    ({ maps }) =>
    () => ({ method: 'GET', path: `${maps}?resourceVersion=0&labelSelector=bench%3Dtenth` }),
}
