import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { type ApiObject, defineResource, type KindRules, type ResourceDefinition } from '../../resource.ts'
import type * as v1 from '../../types/resource.v1.ts'
import type { DeviceClaim, ResourceClaim, ResourceClaimTemplate, ResourceSlice } from '../../types/resource.v1beta1.ts'
import { resourceClaimTemplateV1beta1, resourceClaimV1beta1, resourceSliceV1beta1 } from './conversion.ts'
import { defaultRequest } from './device-requests.ts'
import { resourceClaims, resourceClaimTemplates } from './resource-claim.ts'
import { resourceSlices } from './resource-slice.ts'

/** Kinds that v1 has in another shape; what they have to obey is checked in the stored form. */
export const resourceClaimsV1beta1 = defineResource<ResourceClaim>('resource.k8s.io/v1beta1', 'resourceclaims', {
  ...shownAs<ResourceClaim, v1.ResourceClaim>(resourceClaims, resourceClaimV1beta1.from),
  default: ({ spec }) => defaultDevices(spec.devices),
})

export const resourceClaimTemplatesV1beta1 = defineResource<ResourceClaimTemplate>(
  'resource.k8s.io/v1beta1',
  'resourceclaimtemplates',
  {
    ...shownAs<ResourceClaimTemplate, v1.ResourceClaimTemplate>(
      resourceClaimTemplates,
      resourceClaimTemplateV1beta1.from,
    ),
    default: ({ spec }) => defaultDevices(spec.spec.devices),
  },
)

export const resourceSlicesV1beta1 = defineResource<ResourceSlice>(
  'resource.k8s.io/v1beta1',
  'resourceslices',
  shownAs<ResourceSlice, v1.ResourceSlice>(resourceSlices, resourceSliceV1beta1.from),
)

function defaultDevices(devices: DeviceClaim | undefined): void {
  for (const request of devices?.requests ?? []) {
    request.firstAvailable?.forEach(defaultRequest)
    if (!request.firstAvailable?.length) defaultRequest(request)
  }
}

/** Columns and selectable fields of the stored kind. */
function shownAs<Old extends ApiObject, New extends ApiObject>(
  { rules }: ResourceDefinition<New>,
  from: (object: DeepReadonly<Old>) => New,
): KindRules<Old> {
  const fields = Object.entries(rules.selectableFields ?? {}).map(([path, read]) => {
    const readOld = (object: DeepReadonly<Old>): string => read(from(object) as DeepReadonly<New>)
    return [path, readOld] as const
  })
  const columns = (rules.columns ?? []).map((column) => ({
    ...column,
    cell: (object: DeepReadonly<Old>, now: number) => column.cell(from(object) as DeepReadonly<New>, now),
  }))
  return { columns, selectableFields: Object.fromEntries(fields) }
}
