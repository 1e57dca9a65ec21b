import type { AddressRange } from '../../api/addresses/address-range.ts'
import { parseAddress } from '../../api/addresses/ip-address.ts'
import { isOfServices } from '../../api/addresses/managed.ts'
import type { Condition } from '../../api/types/meta.v1.ts'
import type { IPAddress, ServiceCIDR } from '../../api/types/networking.v1.ts'
import { timestamp } from '../../base/clock.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { Controller, Outcome, ReconcileDeps, WatchContext } from '../controller.ts'
import { after, itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { withFinalizer, withoutFinalizer } from '../pv-protection/protection.ts'
import { planServiceCidr } from './plan.ts'
import { rangesOf } from './ranges-of.ts'

type Cidr = DeepReadonly<ServiceCIDR>
type Address = DeepReadonly<IPAddress>

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer'

/**
 * Protects ServiceCIDRs of which Services have addresses from deletion, and says which are ready. Upstream:
 * service-cidrs-controller (KEP-1880).
 */
export const serviceCidrsController: Controller = {
  name: 'service-cidr-controller',
  user: 'service-cidrs-controller',
  watches: [watch('serviceCIDRs', itselfAndOverlapping), watch('ipAddresses', containing)],

  async reconcile(key, deps) {
    const { listers, clock } = deps
    const cidr = listers.serviceCIDRs.get(key)
    if (!cidr) return settled
    const addresses = (): readonly Address[] => listers.ipAddresses.list().filter(isOfServices)
    const plan = planServiceCidr(cidr, {
      finalizer: FINALIZER,
      others: othersOf(cidr, deps),
      addresses,
      now: clock.now(),
    })
    switch (plan.step) {
      case 'none':
        return settled
      case 'wait':
        return after(plan.ms)
      case 'protect':
        await write(withFinalizer<ServiceCIDR>(cidr, FINALIZER), deps)
        return settled
      case 'release':
        await write(withoutFinalizer<ServiceCIDR>(cidr, FINALIZER), deps)
        return settled
      case 'say':
        return say(cidr, plan.condition, deps)
    }
  },
}

const othersOf = ({ metadata }: Cidr, { listers }: Pick<ReconcileDeps, 'listers'>): readonly Cidr[] =>
  listers.serviceCIDRs.list().filter((other) => other.metadata.name !== metadata.name)

async function write(cidr: ServiceCIDR, { client, signal }: ReconcileDeps): Promise<void> {
  await client.serviceCIDRs.update(cidr, { signal }).catch(ignoreNotFound)
}

async function say(
  cidr: Cidr,
  { status, reason, message }: Pick<Condition, 'status' | 'reason' | 'message'>,
  { client, clock, events, signal }: ReconcileDeps,
): Promise<Outcome> {
  const next = editable<ServiceCIDR>(cidr)
  const others = (next.status?.conditions ?? []).filter(({ type }) => type !== 'Ready')
  const ready: Condition = { type: 'Ready', status, lastTransitionTime: timestamp(clock.now()), reason, message }
  next.status = { conditions: [...others, ready] }
  try {
    await client.serviceCIDRs.updateStatus(next, { signal })
  } catch (error) {
    events.warning(cidr, 'KubernetesServiceCIDRError', 'The ServiceCIDR Status can not be set to Ready=True')
    throw error
  }
  return settled
}

/** Another range may now be covered by this one, or no longer. */
function itselfAndOverlapping(cidr: Cidr, { listers }: WatchContext): string[] {
  const ranges = rangesOf(cidr)
  const overlapping = listers.serviceCIDRs
    .list()
    .filter((other) => rangesOf(other).some((range) => ranges.some((own) => own.overlaps(range))))
  return [...new Set([...itself(cidr), ...overlapping.flatMap(itself)])]
}

/** Addresses that come and go hold the ranges that they are of, or let go of them. */
function containing(address: Address, { listers }: WatchContext): string[] {
  const parsed = isOfServices(address) ? parseAddress(address.metadata.name) : undefined
  if (!parsed) return []
  const isOf = (range: AddressRange): boolean => range.contains(parsed)
  return listers.serviceCIDRs
    .list()
    .filter((cidr) => rangesOf(cidr).some(isOf))
    .flatMap(itself)
}
