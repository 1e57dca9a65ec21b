import type { GroupVersionKind } from '../schema/schema.ts'

interface Deprecation {
  /** Of v1: `1.33` is 33. */
  readonly since: number
  /** The release that no longer serves it. */
  readonly removed?: number
  /** group/version and kind to use instead. */
  readonly use?: string
}

const removed = (since: number, gone: number, use?: string): Deprecation => ({
  since,
  removed: gone,
  ...(use && { use }),
})

/** What v1.36 still serves and has declared deprecated (the lifecycle of each type in k8s.io/api), by apiVersion and kind. */
const DEPRECATED: Readonly<Record<string, Deprecation>> = {
  'v1 ComponentStatus': { since: 19 },
  'v1 Endpoints': { since: 33, use: 'discovery.k8s.io/v1 EndpointSlice' },
  'admissionregistration.k8s.io/v1alpha1 MutatingAdmissionPolicy': removed(35, 38),
  'admissionregistration.k8s.io/v1alpha1 MutatingAdmissionPolicyBinding': removed(35, 38),
  'certificates.k8s.io/v1alpha1 ClusterTrustBundle': removed(34, 37),
  'coordination.k8s.io/v1alpha2 LeaseCandidate': removed(35, 38),
  'coordination.k8s.io/v1beta1 LeaseCandidate': removed(36, 39),
  'networking.k8s.io/v1beta1 IPAddress': removed(34, 37),
  'networking.k8s.io/v1beta1 ServiceCIDR': removed(34, 37),
  'resource.k8s.io/v1alpha3 DeviceTaintRule': removed(36, 39),
  'resource.k8s.io/v1beta1 DeviceClass': removed(35, 38),
  'resource.k8s.io/v1beta1 ResourceClaim': removed(35, 38),
  'resource.k8s.io/v1beta1 ResourceClaimTemplate': removed(35, 38),
  'resource.k8s.io/v1beta1 ResourceSlice': removed(35, 38),
  'resource.k8s.io/v1beta2 DeviceClass': removed(36, 39),
  'resource.k8s.io/v1beta2 ResourceClaim': removed(36, 39),
  'resource.k8s.io/v1beta2 ResourceClaimTemplate': removed(36, 39),
  'resource.k8s.io/v1beta2 ResourceSlice': removed(36, 39),
  'storage.k8s.io/v1beta1 VolumeAttributesClass': removed(34, 37, 'storage.k8s.io/v1 VolumeAttributesClass'),
}

/** The warning that every answer about a deprecated kind carries, in the words of apiserver's endpoints/deprecation. */
export function deprecationOf({ group, version, kind }: GroupVersionKind): string | undefined {
  const name = `${group === '' ? version : `${group}/${version}`} ${kind}`
  const found = DEPRECATED[name]
  if (!found) return undefined
  const gone = found.removed === undefined ? '' : `, unavailable in v1.${found.removed}+`
  const instead = found.use === undefined ? '' : `; use ${found.use}`
  return `${name} is deprecated in v1.${found.since}+${gone}${instead}`
}
