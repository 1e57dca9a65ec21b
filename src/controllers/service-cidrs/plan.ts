import { parseAddress } from '../../api/addresses/ip-address.ts'
import type { Condition } from '../../api/types/meta.v1.ts'
import type { IPAddress, ServiceCIDR } from '../../api/types/networking.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { rangesOf } from './ranges-of.ts'

type Cidr = DeepReadonly<ServiceCIDR>

/** API servers may not know yet that a range is going, and still give addresses of it away (upstream: 10 s). */
const GRACE_MS = 10_000

const STILL_USED =
  'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR'

export type ServiceCidrPlan =
  | { readonly step: 'none' | 'protect' | 'release' }
  | { readonly step: 'wait'; readonly ms: number }
  | { readonly step: 'say'; readonly condition: Pick<Condition, 'status' | 'reason' | 'message'> }

export interface CidrSurroundings {
  readonly finalizer: string
  readonly others: readonly Cidr[]
  /** The IPAddresses of Services; asked for only when they matter. */
  addresses(): readonly DeepReadonly<IPAddress>[]
  /** ms since the epoch. */
  readonly now: number
}

/** The next step towards a protected, ready ServiceCIDR, or towards its end. Pure. */
export function planServiceCidr(cidr: Cidr, around: CidrSurroundings): ServiceCidrPlan {
  const { finalizer, now } = around
  const isProtected = cidr.metadata.finalizers?.includes(finalizer) ?? false
  const { deletionTimestamp } = cidr.metadata
  if (!deletionTimestamp) {
    if (!isProtected) return { step: 'protect' }
    return ready(cidr)?.status === 'True'
      ? { step: 'none' }
      : { step: 'say', condition: { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' } }
  }
  if (!isProtected) return { step: 'none' }
  if (!mayGo(cidr, around)) {
    if (ready(cidr)?.reason === 'Terminating') return { step: 'none' }
    return { step: 'say', condition: { status: 'False', reason: 'Terminating', message: STILL_USED } }
  }
  const ms = Date.parse(deletionTimestamp) + GRACE_MS - now
  return ms > 0 ? { step: 'wait', ms } : { step: 'release' }
}

const ready = ({ status }: Cidr): DeepReadonly<Condition> | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')

/** Every range of it is within another ServiceCIDR, or no address is of this one alone. */
function mayGo(cidr: Cidr, { others, addresses }: CidrSurroundings): boolean {
  const own = rangesOf(cidr)
  const rest = others.flatMap(rangesOf)
  if (own.every((range) => rest.some((other) => other.covers(range)))) return true
  return !addresses().some(({ metadata }) => {
    const address = parseAddress(metadata.name)
    if (!address) return false
    return own.some((range) => range.contains(address)) && !rest.some((range) => range.contains(address))
  })
}
