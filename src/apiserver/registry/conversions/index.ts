import { horizontalPodAutoscalerV1 } from '../../../api/kinds/autoscaling/conversion.ts'
import { eventV1 } from '../../../api/kinds/events/conversion.ts'
import {
  resourceClaimTemplateV1beta1,
  resourceClaimV1beta1,
  resourceSliceV1beta1,
} from '../../../api/kinds/resource/conversion.ts'
import type { ApiObject, ResourceDefinition } from '../../../api/resource.ts'
import { groupVersion } from '../../../api/resource.ts'
import { type DeepReadonly, editable } from '../../../base/deep-readonly.ts'
import type { Conversion } from './conversion.ts'
import { sameShape } from './same-shape.ts'

/** Kinds of one group that are stored as a kind of another: both groups show the same objects. */
export const STORED_ELSEWHERE: Readonly<Record<string, string>> = { 'events.events.k8s.io': 'events' }

/** A kind's own conversion; what it makes shares parts with what it was given, so the result is copied. */
function byKind<Served extends ApiObject, Stored extends ApiObject>(kind: {
  from(served: DeepReadonly<Served>): Stored
  to(stored: DeepReadonly<Stored>): Served
}): Conversion {
  return {
    toStored: (served) => editable<ApiObject>(kind.from(served as DeepReadonly<Served>)),
    toServed: (stored) => editable<ApiObject>(kind.to(stored as DeepReadonly<Stored>)),
  }
}

/** Conversions that are more than a change of the version's name, by served and stored type. */
const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  'events.k8s.io/v1 Event v1': byKind(eventV1),
  'autoscaling/v1 HorizontalPodAutoscaler autoscaling/v2': byKind(horizontalPodAutoscalerV1),
  'resource.k8s.io/v1beta1 ResourceClaim resource.k8s.io/v1': byKind(resourceClaimV1beta1),
  'resource.k8s.io/v1beta1 ResourceClaimTemplate resource.k8s.io/v1': byKind(resourceClaimTemplateV1beta1),
  'resource.k8s.io/v1beta1 ResourceSlice resource.k8s.io/v1': byKind(resourceSliceV1beta1),
}

/** How `served` is made from `stored`; undefined when they are the same version. */
export function conversionBetween(served: ResourceDefinition, stored: ResourceDefinition): Conversion | undefined {
  const [from, to] = [groupVersion(served), groupVersion(stored)]
  if (from === to) return undefined
  return CONVERSIONS[`${from} ${served.kind} ${to}`] ?? sameShape(served, stored)
}
