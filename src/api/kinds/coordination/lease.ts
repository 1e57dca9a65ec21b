import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { Lease } from '../../types/coordination.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkNotNegative } from '../validation/numbers.ts'
import { checkStrategy } from './strategy.ts'

const STRATEGY = FieldPath.of('spec.strategy')

/** coordination.k8s.io/v1 Lease. Upstream: pkg/apis/coordination, pkg/registry/coordination/lease. */
export const leases = defineResource<Lease>('coordination.k8s.io/v1', 'leases', {
  validate: ({ spec }) => (spec ? collect((errors) => checkSpec(spec, errors)) : []),
  generation: false,
  createOnUpdate: true,
  unconditionalUpdate: false,
  columns: [nameColumn, { header: 'Holder', cell: ({ spec }) => spec?.holderIdentity ?? '' }, ageColumn],
})

function checkSpec(spec: DeepReadonly<Lease['spec']>, errors: FieldErrors): void {
  const duration = spec.leaseDurationSeconds
  if (duration !== undefined && duration <= 0) {
    errors.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')
  }
  checkNotNegative(spec.leaseTransitions, 'spec.leaseTransitions', errors)
  if (spec.strategy !== undefined) checkStrategy(spec.strategy, STRATEGY, errors)
  if (spec.preferredHolder && !spec.strategy) {
    errors.forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined')
  }
}
