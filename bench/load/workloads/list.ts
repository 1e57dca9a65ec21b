import type { Workload } from '../workload.ts'

/** All objects, at any freshness: from the cache, whatever the server. */
export const list: Workload = {
  name: 'list',
  onlyReads: true,
  open:
    ({ maps }) =>
    () => ({ method: 'GET', path: `${maps}?resourceVersion=0` }),
}
