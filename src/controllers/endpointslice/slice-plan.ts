import { isDeepStrictEqual } from 'node:util'
import type { Endpoint, EndpointPort, EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { EndpointGroup } from './pod-endpoints.ts'
import { portsKey } from './pod-endpoints.ts'

/** What slices share besides their endpoints. */
export interface SliceFrame {
  readonly addressType: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** What makes a slice need a write even with the right endpoints. Annotations count only where they are given. */
type Frame = Pick<SliceFrame, 'labels'> & Partial<Pick<SliceFrame, 'annotations'>>

export interface NewSlice {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

/** Writes that turn the slices there are into those there should be; what needs no write is not named. */
export interface SlicePlan {
  readonly create: readonly NewSlice[]
  readonly update: readonly (NewSlice & { readonly slice: DeepReadonly<EndpointSlice> })[]
  readonly remove: readonly DeepReadonly<EndpointSlice>[]
}

type Slice = DeepReadonly<EndpointSlice>

interface Draft {
  readonly slice: Slice
  readonly endpoints: Endpoint[]
  /** Needs a write whether or not it is filled up. */
  changed: boolean
}

/**
 * Packs endpoints into slices of one address type with few writes rather than few slices, as upstream: slices lose what is
 * gone, those written anyway are filled up, the rest goes to the fullest slice that takes all of it, else to new ones.
 */
export function planSlices(
  groups: readonly EndpointGroup[],
  existing: readonly Slice[],
  frame: Frame,
  maxPerSlice: number,
): SlicePlan {
  const byPorts = Map.groupBy(existing, ({ ports }) => portsKey(ports as EndpointPort[] | undefined))
  const wanted = groups.length > 0 ? groups : [{ ports: [], endpoints: [] }]
  const parts = wanted.map((group) => {
    const key = portsKey(group.ports)
    const slices = byPorts.get(key) ?? []
    byPorts.delete(key)
    return planGroup(group, slices, frame, maxPerSlice)
  })
  const create = parts.flatMap((part) => part.create)
  const update = parts.flatMap((part) => part.update)
  const remove = [...parts.flatMap((part) => part.remove), ...[...byPorts.values()].flat()]
  return reuse({ create, update, remove })
}

function planGroup(group: EndpointGroup, slices: readonly Slice[], frame: Frame, max: number): SlicePlan {
  if (group.endpoints.length === 0) return planPlaceholder(slices, frame)
  const missing = new Map(group.endpoints.map((endpoint) => [identity(endpoint), endpoint]))
  const drafts = slices.map((slice) => keepWanted(slice, missing, frame))
  const kept = drafts.filter(({ endpoints }) => endpoints.length > 0)
  const rest = [...missing.values()]
  const fullestFirst = kept.toSorted((a, b) => b.endpoints.length - a.endpoints.length)
  for (const draft of fullestFirst) if (draft.changed) fill(draft, rest, max)
  const create: NewSlice[] = []
  while (rest.length > 0) {
    const roomy = fullestFirst.find(({ endpoints, changed }) => !changed && endpoints.length + rest.length <= max)
    if (roomy) fill(roomy, rest, max)
    else create.push({ ports: group.ports, endpoints: rest.splice(0, max) })
  }
  const update = kept
    .filter(({ changed }) => changed)
    .map(({ slice, endpoints }) => ({ slice, endpoints, ports: group.ports }))
  const remove = drafts.filter(({ endpoints }) => endpoints.length === 0).map(({ slice }) => slice)
  return { create, update, remove }
}

/** A Service without endpoints has one empty slice: consumers see that it is handled. */
function planPlaceholder(slices: readonly Slice[], frame: Frame): SlicePlan {
  const [first, ...others] = slices
  const empty = { ports: [], endpoints: [] }
  if (!first) return { create: [empty], update: [], remove: [] }
  const same = (first.endpoints ?? []).length === 0 && isFramed(first, frame)
  return { create: [], update: same ? [] : [{ ...empty, slice: first }], remove: others }
}

function keepWanted(slice: Slice, missing: Map<string, Endpoint>, frame: Frame): Draft {
  const draft: Draft = { slice, endpoints: [], changed: !isFramed(slice, frame) }
  for (const endpoint of slice.endpoints ?? []) {
    const key = identity(endpoint)
    const wanted = missing.get(key)
    missing.delete(key)
    if (wanted) draft.endpoints.push(wanted)
    if (!wanted || !isDeepStrictEqual(wanted, editable(endpoint))) draft.changed = true
  }
  return draft
}

function isFramed({ metadata }: Slice, { labels, annotations }: Frame): boolean {
  const annotated = annotations === undefined || isDeepStrictEqual(metadata.annotations ?? {}, annotations)
  return annotated && isDeepStrictEqual(metadata.labels, labels)
}

function fill(draft: Draft, rest: Endpoint[], max: number): void {
  const added = rest.splice(0, max - draft.endpoints.length)
  if (added.length === 0) return
  draft.endpoints.push(...added)
  draft.changed = true
}

/** Two endpoints of one identity are the same, perhaps in another state. */
const identity = ({ addresses, targetRef, hostname }: DeepReadonly<Endpoint>): string =>
  JSON.stringify([
    addresses.toSorted(),
    hostname,
    targetRef?.uid,
    targetRef?.kind,
    targetRef?.namespace,
    targetRef?.name,
  ])

/** Writing over a slice that would go is cheaper for everyone than removing one and making another. */
function reuse({ create, update, remove }: SlicePlan): SlicePlan {
  const pairs = Math.min(create.length, remove.length)
  const rewritten = create.slice(0, pairs).map((made, index) => ({ ...made, slice: remove[index] as Slice }))
  return { create: create.slice(pairs), update: [...update, ...rewritten], remove: remove.slice(pairs) }
}
