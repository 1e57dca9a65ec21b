import { isDeepStrictEqual } from 'node:util'
import type { Endpoints, Service } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New, ObjectName } from '../../client/client.ts'
import { objectKey } from '../../client/object-key.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { itself, settled, watch, watchDeleted } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { endpointsChanged, hasClusterIp, selectsLabels, servicesOfPod } from '../service-pods.ts'
import { TRIGGER_TIME_ANNOTATION, TriggerTimes } from '../trigger-times.ts'
import { endpointSubsets, withinCapacity } from './subsets.ts'

const HEADLESS_LABEL = 'service.kubernetes.io/headless'
const MANAGED_BY_LABEL = 'endpoints.kubernetes.io/managed-by'
const OVER_CAPACITY_ANNOTATION = 'endpoints.kubernetes.io/over-capacity'

/** Keeps the Endpoints of each Service that has a selector (upstream: endpoints-controller). */
export function endpointsController(): Controller {
  const triggerTimes = new TriggerTimes()
  return {
    name: 'endpoints-controller',
    user: 'endpoint-controller',
    watches: [
      watch('services', itself),
      watch('pods', servicesOfPod, endpointsChanged),
      watchDeleted('endpoints', itself), // ours come back; those without a Service go when the controller starts
    ],
    reconcile: (key, deps) => reconcile(key, deps, triggerTimes),
  }
}

async function reconcile(key: ObjectName, deps: ReconcileDeps, triggerTimes: TriggerTimes): Promise<Outcome> {
  const { client, listers, signal } = deps
  const service = listers.services.get(key)
  const current = listers.endpoints.get(key)
  if (!service) {
    triggerTimes.forget(objectKey(key))
    if (current) await client.endpoints.delete(key, { signal }).catch(ignoreNotFound)
    return settled
  }
  if (service.spec.type === 'ExternalName' || !service.spec.selector) return settled
  const pods = listers.pods
    .list(key.namespace)
    .filter(({ metadata }) => selectsLabels(service.spec.selector, metadata.labels))
  const trigger = triggerTimes.since(objectKey(key), service, pods)
  const wanted = desiredEndpoints(service, endpointSubsets(service, pods), current, trigger)
  if (wanted) await write(wanted, current, service, deps)
  return settled
}

/** The Endpoints as they should be, or undefined when they are. */
export function desiredEndpoints(
  service: DeepReadonly<Service>,
  allSubsets: Endpoints['subsets'],
  current: DeepReadonly<Endpoints> | undefined,
  trigger: string | undefined,
): New<Endpoints> | Endpoints | undefined {
  const { subsets, truncated } = withinCapacity(allSubsets ?? [])
  const labels = labelsFor(service)
  const annotations = { ...current?.metadata.annotations }
  if (truncated) annotations[OVER_CAPACITY_ANNOTATION] = 'truncated'
  else delete annotations[OVER_CAPACITY_ANNOTATION]
  if (
    current &&
    isDeepStrictEqual(current.subsets ?? [], subsets) &&
    isDeepStrictEqual(current.metadata.labels ?? {}, labels) &&
    isDeepStrictEqual(current.metadata.annotations ?? {}, annotations)
  ) {
    return undefined
  }
  if (trigger) annotations[TRIGGER_TIME_ANNOTATION] = trigger
  else delete annotations[TRIGGER_TIME_ANNOTATION]
  const { name, namespace } = service.metadata
  const metadata = { ...(current ? editable<Endpoints>(current).metadata : { name, namespace }), labels, annotations }
  return { kind: 'Endpoints', apiVersion: 'v1', metadata, ...(subsets.length > 0 && { subsets }) }
}

function labelsFor(service: DeepReadonly<Service>): Record<string, string> {
  const { [HEADLESS_LABEL]: _, ...labels } = service.metadata.labels ?? {}
  return {
    ...labels,
    ...(!hasClusterIp(service) && { [HEADLESS_LABEL]: '' }),
    [MANAGED_BY_LABEL]: 'endpoint-controller',
  }
}

async function write(
  wanted: New<Endpoints> | Endpoints,
  current: DeepReadonly<Endpoints> | undefined,
  service: DeepReadonly<Service>,
  { client, events, signal }: ReconcileDeps,
): Promise<void> {
  try {
    if (current) await client.endpoints.update(wanted as Endpoints, { signal })
    else await client.endpoints.create(wanted as New<Endpoints>, { signal })
  } catch (error) {
    if (isNamespaceTerminating(error)) return
    const { namespace, name } = service.metadata
    const [reason, verb] = current ? ['FailedToUpdateEndpoint', 'update'] : ['FailedToCreateEndpoint', 'create']
    const text = `Failed to ${verb} endpoint for service ${namespace}/${name}: ${(error as Error).message}`
    events.warning({ kind: 'Endpoints', apiVersion: 'v1', namespace, name }, reason, text)
    throw error
  }
}
