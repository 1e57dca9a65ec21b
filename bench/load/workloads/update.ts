import { configMap } from '../objects.ts'
import type { Workload } from '../workload.ts'

/** PUT of a changed object, without a revision: the newest is replaced. */
export const update: Workload = {
  name: 'update',
  open:
    ({ maps, objects, round }) =>
    (index) => {
      const name = `map-${index % objects}`
      return {
        method: 'PUT',
        path: `${maps}/${name}`,
        body: configMap(name, index % objects, { turn: `${round}-${index}` }),
      }
    },
}
