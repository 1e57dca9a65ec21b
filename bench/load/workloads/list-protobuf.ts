import type { Workload } from '../workload.ts'

/** The same list as client-go asks for it. */
export const listProtobuf: Workload = {
  name: 'list-protobuf',
  onlyReads: true,
  open:
    ({ maps }) =>
    () => ({
      method: 'GET',
      path: `${maps}?resourceVersion=0`,
      headers: { accept: 'application/vnd.kubernetes.protobuf' },
    }),
}
