import type { Namespace } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import type { Discover } from '../../client/discovery.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { deletionConditions, withConditions } from './conditions.ts'
import { deleteContent } from './content.ts'

const FINALIZER = 'kubernetes'

/** Empties namespaces that are being deleted, then lets them go. `discover` tells what a namespace may hold. */
export function namespaceController(discover: Discover): Controller {
  return {
    name: 'namespace-controller',
    user: 'namespace-controller',
    workers: 10,
    watches: [
      watch('namespaces', itself),
      watch('pods', ({ metadata: { namespace } }, { listers }) => {
        const terminating = listers.namespaces.get({ name: namespace })?.metadata.deletionTimestamp
        return terminating ? [namespace] : [] // the last pods gone, the rest may follow
      }),
    ],
    reconcile: (key, deps) => reconcile(key, discover, deps),
  }
}

async function reconcile(key: ObjectName, discover: Discover, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, clock, signal } = deps
  const cached = listers.namespaces.get(key)
  if (!cached?.metadata.deletionTimestamp || !isHeld(cached)) return settled
  const { resources, failed } = await discover(signal)
  const left = await deleteContent(key.name, resources, client, signal)
  const fresh = await client.namespaces.get(key, { signal }).catch(ignoreNotFound)
  if (!fresh?.metadata.deletionTimestamp || !isHeld(fresh)) return settled
  const conditions = withConditions(fresh.status.conditions ?? [], deletionConditions(left, failed), clock.now())
  const current = conditions ? await updateStatus(fresh, conditions, deps) : fresh
  if (left.failures.length > 0) throw new Error(`namespace content could not be deleted: ${left.failures.join('; ')}`)
  if (failed.size > 0) throw new Error(`some API groups could not be asked: ${[...failed.keys()].join(', ')}`)
  if (left.counts.size > 0) return after((left.estimateSeconds / 2 + 1) * 1000)
  await finalize(current, deps)
  return settled
}

const isHeld = ({ spec }: DeepReadonly<Namespace>): boolean => spec.finalizers?.includes(FINALIZER) ?? false

async function updateStatus(
  namespace: DeepReadonly<Namespace>,
  conditions: NonNullable<Namespace['status']['conditions']>,
  { client, signal }: ReconcileDeps,
): Promise<DeepReadonly<Namespace>> {
  const copy = editable<Namespace>(namespace)
  return client.namespaces.updateStatus({ ...copy, status: { phase: 'Terminating', conditions } }, { signal })
}

async function finalize(namespace: DeepReadonly<Namespace>, { client, signal }: ReconcileDeps): Promise<void> {
  const copy = editable<Namespace>(namespace)
  const finalizers = (copy.spec.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER)
  const finalized = { ...copy, spec: { ...copy.spec, finalizers } }
  await client.namespaces
    .updateSubresource({ name: copy.metadata.name }, 'finalize', finalized, { signal })
    .catch(ignoreNotFound)
}
