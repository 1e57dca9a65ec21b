import { AddressRange } from '../../api/addresses/address-range.ts'
import type { ServiceCIDR } from '../../api/types/networking.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

/** The ranges of a ServiceCIDR. */
export const rangesOf = ({ spec }: DeepReadonly<ServiceCIDR>): AddressRange[] =>
  (spec?.cidrs ?? []).map((cidr) => AddressRange.parse(cidr)).filter((range) => range !== undefined)
