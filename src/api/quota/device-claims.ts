import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { DeviceRequest, ResourceClaim } from '../types/resource.v1.ts'
import { sum } from './amounts.ts'
import { noScope, objectCountName, onCreate, type QuotaEvaluator } from './evaluator.ts'

const COUNT = objectCountName('resource.k8s.io', 'resourceclaims')
const OF_CLASS = '.deviceclass.resource.k8s.io/devices'
/** As many devices as one claim may be given. */
const MAX_DEVICES = 32

interface Wanted {
  readonly deviceClassName: string
  readonly allocationMode?: string
  readonly count?: number
}

/** Claims of devices, and devices by their class: of alternatives, the worst for each class. */
export const deviceClaims: QuotaEvaluator<ResourceClaim> = {
  group: 'resource.k8s.io',
  plural: 'resourceclaims',
  counts: (name) => name === COUNT || name.endsWith(OF_CLASS),
  isCharged: onCreate,
  matchesScope: noScope,
  usage: ({ spec }) =>
    (spec.devices?.requests ?? []).map(devicesOf).reduce(sum, { [COUNT]: '1' } as Record<string, string>),
}

function devicesOf({ exactly, firstAvailable = [] }: DeepReadonly<DeviceRequest>): Record<string, string> {
  const most = new Map<string, number>()
  for (const wanted of [...(exactly ? [exactly] : []), ...firstAvailable]) {
    const name = wanted.deviceClassName + OF_CLASS
    most.set(name, Math.max(most.get(name) ?? 0, numberOf(wanted)))
  }
  return Object.fromEntries([...most].map(([name, count]) => [name, String(count)]))
}

const numberOf = ({ allocationMode, count = 1 }: Wanted): number => (allocationMode === 'All' ? MAX_DEVICES : count)
