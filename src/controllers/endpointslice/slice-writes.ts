import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { ObjectMeta } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'
import { apply } from '../apply.ts'
import { controllerReference } from '../owner-references.ts'
import type { NewSlice, SliceFrame, SlicePlan } from './slice-plan.ts'

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name'
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by'
const MAX_PREFIX = 63 - 6

type Owner = DeepReadonly<{ metadata: ObjectMeta & { namespace: string } }>

/** Carries out a plan for slices of one owner: a Service, or Endpoints that are mirrored. */
export async function writeSlices(
  plan: SlicePlan,
  frame: SliceFrame,
  owner: { readonly object: Owner; readonly kind: 'Service' | 'Endpoints' },
  client: Client,
  signal: AbortSignal,
): Promise<void> {
  const slices = client.endpointSlices
  await apply(plan.create, (made) => slices.create(newSlice(made, frame, owner), { signal }), { signal })
  await apply(plan.update, ({ slice, ...made }) => slices.update(changedSlice(slice, made, frame), { signal }), {
    signal,
  })
  await apply(plan.remove, ({ metadata }) => slices.delete(metadata, { signal }), { signal })
}

function newSlice(
  made: NewSlice,
  { addressType, labels, annotations }: SliceFrame,
  { object, kind }: { readonly object: Owner; readonly kind: 'Service' | 'Endpoints' },
): New<EndpointSlice> {
  const { name, namespace } = object.metadata
  const metadata = {
    generateName: `${name.slice(0, MAX_PREFIX)}-`,
    namespace,
    labels: { ...labels },
    ...(Object.keys(annotations).length > 0 && { annotations: { ...annotations } }),
    ownerReferences: [controllerReference(object, { apiVersion: 'v1', kind })],
  }
  return { kind: 'EndpointSlice', apiVersion: 'discovery.k8s.io/v1', metadata, addressType, ...contents(made) }
}

function changedSlice(
  slice: DeepReadonly<EndpointSlice>,
  made: NewSlice,
  { labels, annotations }: SliceFrame,
): EndpointSlice {
  const copy = editable<EndpointSlice>(slice)
  const metadata = { ...copy.metadata, labels: { ...labels }, annotations: { ...annotations } }
  return { ...copy, metadata, ...contents(made) }
}

const contents = ({ ports, endpoints }: NewSlice) => ({ endpoints: [...endpoints], ports: [...ports] })
