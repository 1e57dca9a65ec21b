import type { Workload } from '../workload.ts'

const SUPPLY = 10_000

/** Objects that were made before; the round ends when none is left. */
export const deletion: Workload = {
  name: 'delete',
  supply: SUPPLY,
  open:
    ({ newMaps, round }) =>
    (index) =>
      index < SUPPLY ? { method: 'DELETE', path: `${newMaps}/old-${round}-${index}` } : undefined,
}
