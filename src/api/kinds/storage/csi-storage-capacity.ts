import { defineResource } from '../../resource.ts'
import type { CSIStorageCapacity } from '../../types/storage.v1.ts'
import { collect } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkLabelSelector } from '../validation/labels.ts'
import { checkDns1123Subdomain } from '../validation/names.ts'
import { checkQuantityNotNegative } from '../validation/quantities.ts'

const TOPOLOGY = FieldPath.of('nodeTopology')

/** storage.k8s.io/v1 CSIStorageCapacity. Upstream: pkg/registry/storage/csistoragecapacity. */
export const csiStorageCapacities = defineResource<CSIStorageCapacity>('storage.k8s.io/v1', 'csistoragecapacities', {
  validate: ({ nodeTopology, storageClassName, capacity, maximumVolumeSize }) =>
    collect((errors) => {
      checkDns1123Subdomain(storageClassName, 'storageClassName', errors)
      checkLabelSelector(nodeTopology, TOPOLOGY, errors)
      if (capacity !== undefined) checkQuantityNotNegative(capacity, 'capacity', errors)
      if (maximumVolumeSize !== undefined) checkQuantityNotNegative(maximumVolumeSize, 'maximumVolumeSize', errors)
    }),
  validateUpdate: (capacity, { old }) =>
    collect((errors) => {
      checkImmutable(capacity.nodeTopology, old.nodeTopology, 'nodeTopology', errors)
      checkImmutable(capacity.storageClassName, old.storageClassName, 'storageClassName', errors)
    }),
  generation: false,
  unconditionalUpdate: false,
})
