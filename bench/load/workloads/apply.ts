import type { Workload } from '../workload.ts'

/** Server-side apply of a changed value by one manager. */
export const apply: Workload = {
  name: 'apply',
  open:
    ({ maps, objects, round }) =>
    (index) => {
      const name = `map-${index % objects}`
      return {
        method: 'PATCH',
        path: `${maps}/${name}?fieldManager=bench&force=true`,
        type: 'application/apply-patch+yaml',
        body: `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"${name}"},"data":{"turn":"apply-${round}-${index}"}}`,
      }
    },
}
