import type { Workload } from '../workload.ts'

/** The same list, compressed; its bytes are those on the wire. */
export const listGzip: Workload = {
  name: 'list-gzip',
  onlyReads: true,
  open:
    ({ maps }) =>
    () => ({ method: 'GET', path: `${maps}?resourceVersion=0`, headers: { 'accept-encoding': 'gzip' } }),
}
