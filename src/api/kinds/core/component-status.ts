import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { ComponentStatus } from '../../types/core.v1.ts'
import { nameColumn } from '../printing/columns.ts'

type ReadonlyStatus = DeepReadonly<ComponentStatus>

/** Health of the control plane's parts; never stored. Deprecated since v1.19, still asked for by old scripts. */
export const componentStatuses = defineResource<ComponentStatus>('v1', 'componentstatuses', {
  columns: [
    nameColumn,
    { header: 'Status', cell: (status) => (healthOf(status)?.status === 'True' ? 'Healthy' : 'Unhealthy') },
    { header: 'Message', cell: (status) => healthOf(status)?.message ?? '' },
    { header: 'Error', cell: (status) => healthOf(status)?.error ?? '' },
  ],
})

const healthOf = ({ conditions = [] }: ReadonlyStatus) => conditions.find(({ type }) => type === 'Healthy')
