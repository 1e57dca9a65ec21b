import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { ServiceCIDR } from '../../types/networking.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { checkCanonicalNetwork, isDualStack } from '../validation/addresses.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'

const CIDRS = FieldPath.of('spec.cidrs')

/** networking.k8s.io/v1 ServiceCIDR: a range of service addresses (KEP-1880). Upstream: pkg/registry/networking/servicecidr. */
export const serviceCidrs = defineResource<ServiceCIDR>('networking.k8s.io/v1', 'servicecidrs', {
  validate: ({ spec }) => collect((errors) => checkCidrs(spec?.cidrs ?? [], errors)),
  validateUpdate: ({ spec }, { old, subresource }) =>
    subresource === '' ? collect((errors) => checkUpdate(spec, old.spec, errors)) : [],
  generation: false,
  columns: [nameColumn, { header: 'CIDRs', cell: ({ spec }) => (spec?.cidrs ?? []).join(',') }, ageColumn],
})

function checkCidrs(cidrs: readonly string[], errors: FieldErrors): void {
  if (cidrs.length === 0) return errors.required(CIDRS, 'at least one CIDR required')
  if (cidrs.length > 2) return errors.invalid(CIDRS, { cidrs }, 'may only hold up to 2 values')
  cidrs.forEach((cidr, index) => {
    checkCanonicalNetwork(cidr, CIDRS.index(index), errors)
  })
  if (cidrs.length === 2 && errors.count === 0 && !isDualStack(cidrs)) {
    const why = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    errors.invalid(CIDRS, cidrs, why)
  }
}

/** A single range may get one of the other family beside it; nothing else changes. */
function checkUpdate(
  spec: DeepReadonly<ServiceCIDR['spec']>,
  old: DeepReadonly<ServiceCIDR['spec']>,
  errors: FieldErrors,
): void {
  const [cidrs, before] = [spec?.cidrs ?? [], old?.cidrs ?? []]
  const isExtended = before.length === 1 && cidrs.length === 2
  if (cidrs.length !== before.length && !isExtended) return errors.invalid(CIDRS, cidrs, 'field is immutable')
  before.forEach((cidr, index) => {
    if (cidrs[index] !== cidr) errors.invalid(CIDRS.index(index), cidrs[index], 'field is immutable')
  })
}
