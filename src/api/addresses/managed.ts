import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { IPAddress } from '../types/networking.v1.ts'

/** Labels of IPAddresses: their family, and who made them. */
export const FAMILY = 'ipaddress.kubernetes.io/ip-family'
export const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by'

/** Who makes the addresses of Services: the API server. */
export const MANAGER = 'ipallocator.k8s.io'

export const isOfServices = ({ metadata }: DeepReadonly<IPAddress>): boolean =>
  metadata.labels?.[MANAGED_BY] === MANAGER
