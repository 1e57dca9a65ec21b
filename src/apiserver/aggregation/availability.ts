import type { APIService, APIServiceCondition } from '../../api/types/apiregistration.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { CheckResult } from './check.ts'

/** What every APIService without a Service is: served by this server. */
export const LOCAL: CheckResult = {
  available: true,
  reason: 'Local',
  message: 'Local APIServices are always available',
}

export const availableCondition = ({
  status,
}: DeepReadonly<APIService>): DeepReadonly<APIServiceCondition> | undefined =>
  (status?.conditions ?? []).find(({ type }) => type === 'Available')

/**
 * An APIService with its condition Available as a check found it; undefined when it says so already. `now` is RFC 3339.
 * The time of the transition moves only when the status does.
 */
export function withAvailability(
  cached: DeepReadonly<APIService>,
  { available, reason, message }: CheckResult,
  now: string,
): APIService | undefined {
  const old = availableCondition(cached)
  const status = available ? 'True' : 'False'
  if (old && old.status === status && old.reason === reason && old.message === message) return undefined
  const lastTransitionTime = old?.status === status ? (old.lastTransitionTime ?? now) : now
  const service = editable<APIService>(cached)
  const others = (service.status?.conditions ?? []).filter(({ type }) => type !== 'Available')
  service.status = { conditions: [...others, { type: 'Available', status, lastTransitionTime, reason, message }] }
  return service
}
