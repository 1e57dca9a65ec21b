import type { Job } from '../../api/types/batch.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'

/** Deletes Jobs `ttlSecondsAfterFinished` after they ended, with what they own (KEP-0592). */
export const ttlAfterFinishedController: Controller = {
  name: 'ttl-after-finished-controller',
  user: 'ttl-after-finished-controller',
  watches: [watch('jobs', itself)],
  reconcile,
}

async function reconcile(key: ObjectName, { client, listers, clock, signal }: ReconcileDeps): Promise<Outcome> {
  const cached = listers.jobs.get(key)
  const expiry = cached && expiryMs(cached)
  if (!cached || expiry === undefined) return settled
  if (expiry > clock.now()) return after(expiry - clock.now())
  const fresh = await client.jobs.get(key, { signal }).catch(ignoreNotFound) // its ttl may have been raised
  const freshExpiry = fresh && expiryMs(fresh)
  if (!fresh || freshExpiry === undefined) return settled
  if (freshExpiry > clock.now()) return after(freshExpiry - clock.now())
  const preconditions = { uid: fresh.metadata.uid, resourceVersion: fresh.metadata.resourceVersion }
  await client.jobs.delete(key, { propagationPolicy: 'Foreground', preconditions, signal })
  return settled
}

/** When a finished Job is due, in ms since the epoch; undefined when it has no ttl, runs, or is being deleted. */
export function expiryMs({ metadata, spec, status }: DeepReadonly<Job>): number | undefined {
  if (metadata.deletionTimestamp || spec.ttlSecondsAfterFinished === undefined) return undefined
  const ended = status?.conditions?.find(
    ({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True',
  )
  if (!ended?.lastTransitionTime) return undefined
  return Date.parse(ended.lastTransitionTime) + spec.ttlSecondsAfterFinished * 1000
}
