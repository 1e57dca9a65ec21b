import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type * as v1 from '../../types/resource.v1.ts'
import type * as v1beta1 from '../../types/resource.v1beta1.ts'

/** v1beta1 has the fields of an exact request beside those of a request with alternatives, and a device's in `basic`. */

const STORED = 'resource.k8s.io/v1'
const SERVED = 'resource.k8s.io/v1beta1'

type OldClaim = DeepReadonly<v1beta1.ResourceClaim>
type NewClaim = DeepReadonly<v1.ResourceClaim>

/** ResourceClaim v1beta1 to and from v1, in which it is stored. Inputs stay as they are; results share parts with them. */
export const resourceClaimV1beta1 = {
  from: (claim: OldClaim) => ({ ...claim, apiVersion: STORED, spec: specFrom(claim.spec) }) as v1.ResourceClaim,
  to: (claim: NewClaim) => ({ ...claim, apiVersion: SERVED, spec: specTo(claim.spec) }) as v1beta1.ResourceClaim,
}

export const resourceClaimTemplateV1beta1 = {
  from: ({ spec, ...rest }: DeepReadonly<v1beta1.ResourceClaimTemplate>) =>
    ({ ...rest, apiVersion: STORED, spec: { ...spec, spec: specFrom(spec.spec) } }) as v1.ResourceClaimTemplate,
  to: ({ spec, ...rest }: DeepReadonly<v1.ResourceClaimTemplate>) =>
    ({ ...rest, apiVersion: SERVED, spec: { ...spec, spec: specTo(spec.spec) } }) as v1beta1.ResourceClaimTemplate,
}

export const resourceSliceV1beta1 = {
  from: ({ spec, ...rest }: DeepReadonly<v1beta1.ResourceSlice>) =>
    ({
      ...rest,
      apiVersion: STORED,
      spec: { ...spec, ...(spec.devices && { devices: spec.devices.map(({ name, basic }) => ({ name, ...basic })) }) },
    }) as v1.ResourceSlice,
  to: ({ spec, ...rest }: DeepReadonly<v1.ResourceSlice>) =>
    ({
      ...rest,
      apiVersion: SERVED,
      spec: { ...spec, ...(spec.devices && { devices: spec.devices.map(({ name, ...basic }) => ({ name, basic })) }) },
    }) as v1beta1.ResourceSlice,
}

function specFrom(spec: OldClaim['spec']): NewClaim['spec'] {
  const { devices } = spec
  if (!devices?.requests) return spec as NewClaim['spec']
  return { ...spec, devices: { ...devices, requests: devices.requests.map(requestFrom) } }
}

function specTo(spec: NewClaim['spec']): OldClaim['spec'] {
  const { devices } = spec
  if (!devices?.requests) return spec as OldClaim['spec']
  return { ...spec, devices: { ...devices, requests: devices.requests.map(requestTo) } }
}

type OldRequest = DeepReadonly<v1beta1.DeviceRequest>
type NewRequest = DeepReadonly<v1.DeviceRequest>

/** A request that says nothing of an exact one has none. */
function requestFrom({ name, firstAvailable, ...exact }: OldRequest): NewRequest {
  const isExact = Object.values(exact).some((value) => value !== undefined && value !== '')
  return {
    name,
    ...(isExact && { exactly: { ...exact, deviceClassName: exact.deviceClassName ?? '' } }),
    ...(firstAvailable && { firstAvailable }),
  }
}

const requestTo = ({ name, exactly, firstAvailable }: NewRequest): OldRequest => ({
  name,
  ...exactly,
  ...(firstAvailable && { firstAvailable }),
})
