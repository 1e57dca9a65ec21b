import type { Endpoints } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { objectKey } from '../../client/object-key.ts'
import { apply } from '../apply.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import { planSlices } from '../endpointslice/slice-plan.ts'
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL, writeSlices } from '../endpointslice/slice-writes.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'
import { TRIGGER_TIME_ANNOTATION } from '../trigger-times.ts'
import type { MirroredEndpoints } from './mirrored-endpoints.ts'
import { mirroredEndpoints } from './mirrored-endpoints.ts'

const CONTROLLER = 'endpointslicemirroring-controller.k8s.io'
const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror'
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader'
/** Annotations that belong to the Endpoints alone. */
const OWN_ANNOTATIONS = new Set([TRIGGER_TIME_ANNOTATION, 'kubectl.kubernetes.io/last-applied-configuration'])
/** `--mirroring-max-endpoints-per-subset`. */
const MAX_PER_SUBSET = 1000
const FAMILIES = ['IPv4', 'IPv6'] as const

type Slice = DeepReadonly<EndpointSlice>

/** Mirrors Endpoints that people write for Services without a selector into EndpointSlices. Keys are Services. */
export const endpointSliceMirroringController: Controller = {
  name: 'endpointslice-mirroring-controller',
  user: 'endpointslicemirroring-controller',
  eventSource: 'endpoint-slice-mirroring-controller',
  watches: [watch('endpoints', itself), watch('services', itself), watch('endpointSlices', endpointsOfSlice)],
  reconcile,
}

function endpointsOfSlice({ metadata: { namespace, labels } }: Slice): string[] {
  const name = labels?.[SERVICE_NAME_LABEL]
  return labels?.[MANAGED_BY_LABEL] === CONTROLLER && name ? [objectKey({ namespace, name })] : []
}

async function reconcile(key: ObjectName, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, signal } = deps
  const endpoints = listers.endpoints.get(key)
  const service = listers.services.get(key)
  const slices = listers.endpointSlices
    .list(key.namespace)
    .filter((slice) => !slice.metadata.deletionTimestamp && endpointsOfSlice(slice).includes(objectKey(key)))
  if (endpoints && isMirrored(endpoints) && service && !service.spec.selector) {
    await mirror(endpoints, slices, deps)
  } else {
    const remove = ({ metadata }: Slice) => client.endpointSlices.delete(metadata, { signal }).catch(ignoreNotFound)
    await apply(slices, remove, { signal })
  }
  return settled
}

/** Not those that ask for it not to be, and not those that serve as a lock for leader election. */
const isMirrored = ({ metadata: { labels, annotations = {} } }: DeepReadonly<Endpoints>): boolean =>
  labels?.[SKIP_LABEL] !== 'true' && !(LEADER_ANNOTATION in annotations)

async function mirror(
  endpoints: DeepReadonly<Endpoints>,
  slices: readonly Slice[],
  { client, events, signal }: ReconcileDeps,
): Promise<void> {
  const wanted = mirroredEndpoints(endpoints.subsets ?? [], MAX_PER_SUBSET)
  for (const [reason, text] of warnings(wanted)) events.warning(endpoints, reason, text)
  const frame = { labels: labelsOf(endpoints), annotations: annotationsOf(endpoints) }
  for (const addressType of FAMILIES) {
    const groups = wanted.groups[addressType]
    const present = slices.filter((slice) => slice.addressType === addressType)
    const plan =
      groups.length > 0
        ? planSlices(groups, present, frame, MAX_PER_SUBSET)
        : { create: [], update: [], remove: present } // Endpoints without addresses have no slice
    const owner = { object: endpoints, kind: 'Endpoints' } as const
    await writeSlices(plan, { addressType, ...frame }, owner, client, signal).catch(unlessTerminating)
  }
}

function warnings({ invalid, skipped }: MirroredEndpoints): [string, string][] {
  const result: [string, string][] = []
  if (invalid > 0) {
    result.push(['InvalidIPAddress', `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`])
  }
  if (skipped > invalid) {
    const limit = `A max of ${MAX_PER_SUBSET} addresses can be mirrored to EndpointSlices per Endpoints subset.`
    result.push(['TooManyAddressesToMirror', `${limit} ${skipped} addresses were skipped`])
  }
  return result
}

function labelsOf({ metadata: { name, labels } }: DeepReadonly<Endpoints>): Record<string, string> {
  return { ...labels, [SERVICE_NAME_LABEL]: name, [MANAGED_BY_LABEL]: CONTROLLER }
}

function annotationsOf({ metadata }: DeepReadonly<Endpoints>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata.annotations ?? {}).filter(([key]) => !OWN_ANNOTATIONS.has(key)))
}

function unlessTerminating(error: unknown): void {
  if (!isNamespaceTerminating(error)) throw error
}
