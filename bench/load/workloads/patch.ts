import type { Workload } from '../workload.ts'

/** A merge patch of one field. */
export const patch: Workload = {
  name: 'patch',
  open:
    ({ maps, objects, round }) =>
    (index) => ({
      method: 'PATCH',
      path: `${maps}/map-${index % objects}`,
      type: 'application/merge-patch+json',
      body: `{"data":{"turn":"patch-${round}-${index}"}}`,
    }),
}
