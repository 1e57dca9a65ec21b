import type { ResourceDefinition } from '../../../api/resource.ts'
import { groupVersion } from '../../../api/resource.ts'
import type { Conversion } from './conversion.ts'
import { events } from './events.ts'
import { horizontalPodAutoscalers } from './horizontal-pod-autoscalers.ts'
import { sameShape } from './same-shape.ts'

/** Kinds of one group that are stored as a kind of another: both groups show the same objects. */
export const STORED_ELSEWHERE: Readonly<Record<string, string>> = { 'events.events.k8s.io': 'events' }

/** Conversions that are more than a change of the version's name, by served and stored type. */
const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  'events.k8s.io/v1 Event v1': events as unknown as Conversion,
  'autoscaling/v1 HorizontalPodAutoscaler autoscaling/v2': horizontalPodAutoscalers as unknown as Conversion,
}

/** How `served` is made from `stored`; undefined when they are the same version. */
export function conversionBetween(served: ResourceDefinition, stored: ResourceDefinition): Conversion | undefined {
  const [from, to] = [groupVersion(served), groupVersion(stored)]
  if (from === to) return undefined
  return CONVERSIONS[`${from} ${served.kind} ${to}`] ?? sameShape(served, stored)
}
