import type { Pod, Service } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { objectKey } from '../../client/object-key.ts'
import { apply } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { endpointsChanged, hasClusterIp, selectsLabels, servicesOfPod } from '../service-pods.ts'
import { TRIGGER_TIME_ANNOTATION, TriggerTimes } from '../trigger-times.ts'
import { podEndpoints } from './pod-endpoints.ts'
import { planSlices } from './slice-plan.ts'
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL, writeSlices } from './slice-writes.ts'

const CONTROLLER = 'endpointslice-controller.k8s.io'
const HEADLESS_LABEL = 'service.kubernetes.io/headless'
/** `--max-endpoints-per-slice`. */
const MAX_PER_SLICE = 100
/** Labels of a Service that its slices do not take over: they have their own meaning there. */
const RESERVED_LABELS = new Set([SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL])

/** Keeps the EndpointSlices of each Service that has a selector (upstream: endpointslice-controller, KEP-0752). */
export function endpointSliceController(): Controller {
  const triggerTimes = new TriggerTimes()
  return {
    name: 'endpointslice-controller',
    user: 'endpointslice-controller',
    eventSource: 'endpoint-slice-controller',
    watches: [
      watch('services', itself),
      watch('pods', servicesOfPod, endpointsChanged),
      watch('endpointSlices', (slice) => serviceKeyOf(slice)),
    ],
    reads: ['nodes'],
    reconcile: (key, deps) => reconcile(key, deps, triggerTimes),
  }
}

function serviceKeyOf({ metadata }: DeepReadonly<EndpointSlice>): string[] {
  const name = metadata.labels?.[SERVICE_NAME_LABEL]
  const ours = metadata.labels?.[MANAGED_BY_LABEL] === CONTROLLER
  return ours && name ? [objectKey({ namespace: metadata.namespace, name })] : []
}

async function reconcile(key: ObjectName, deps: ReconcileDeps, triggerTimes: TriggerTimes): Promise<Outcome> {
  const { listers, events } = deps
  const service = listers.services.get(key)
  if (!service) {
    triggerTimes.forget(objectKey(key)) // the garbage collector takes the slices
    return settled
  }
  const { type, selector } = service.spec
  if (type === 'ExternalName' || !selector || service.metadata.deletionTimestamp) return settled
  const pods = listers.pods.list(key.namespace).filter(({ metadata }) => selectsLabels(selector, metadata.labels))
  const trigger = triggerTimes.since(objectKey(key), service, pods)
  try {
    await bring(service, pods, trigger, deps)
  } catch (error) {
    if (isNamespaceTerminating(error)) return settled
    const text = `Error updating Endpoint Slices for Service ${objectKey(key)}: ${(error as Error).message}`
    events.warning(service, 'FailedToUpdateEndpointSlices', text)
    throw error
  }
  return settled
}

/** Writes the slices of each address family; throws when a pod had to be left out. */
async function bring(
  service: DeepReadonly<Service>,
  pods: readonly DeepReadonly<Pod>[],
  trigger: string | undefined,
  { client, listers, signal }: ReconcileDeps,
): Promise<void> {
  const { namespace, name } = service.metadata
  const families: readonly string[] = service.spec.ipFamilies ?? ['IPv4']
  const existing = listers.endpointSlices
    .list(namespace)
    .filter(
      (slice) => serviceKeyOf(slice).includes(objectKey({ namespace, name })) && !slice.metadata.deletionTimestamp,
    )
  const foreign = existing.filter(({ addressType }) => !families.includes(addressType))
  await apply(foreign, ({ metadata }) => client.endpointSlices.delete(metadata, { signal }), { signal })
  const nodeless: string[] = []
  for (const family of families) {
    const wanted = podEndpoints(service, pods, family, (node) => (node ? listers.nodes.get({ name: node }) : undefined))
    nodeless.push(...wanted.nodeless)
    const labels = sliceLabels(service)
    const slices = existing.filter(({ addressType }) => addressType === family)
    const plan = planSlices(wanted.groups, slices, { labels }, MAX_PER_SLICE)
    const annotations: Record<string, string> = trigger ? { [TRIGGER_TIME_ANNOTATION]: trigger } : {}
    await writeSlices(
      plan,
      { addressType: family, labels, annotations },
      { object: service, kind: 'Service' },
      client,
      signal,
    )
  }
  if (nodeless.length > 0) throw new Error(`skipping Pods ${nodeless.join(', ')}: their nodes are not found`)
}

function sliceLabels(service: DeepReadonly<Service>): Record<string, string> {
  const own = Object.entries(service.metadata.labels ?? {}).filter(([key]) => !RESERVED_LABELS.has(key))
  return {
    ...Object.fromEntries(own),
    ...(!hasClusterIp(service) && { [HEADLESS_LABEL]: '' }),
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: CONTROLLER,
  }
}
