import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { ResourceClaim, ResourceClaimTemplate } from '../../types/resource.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { collect } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { checkClaimStatus } from './claim-status.ts'
import { checkDeviceClaim, defaultDeviceClaim } from './device-requests.ts'

const DEVICES = FieldPath.of('spec.devices')
const TEMPLATE_DEVICES = FieldPath.of('spec.spec.devices')

/** resource.k8s.io/v1 ResourceClaim (KEP-4381). Upstream: pkg/apis/resource, pkg/registry/resource/resourceclaim. */
export const resourceClaims = defineResource<ResourceClaim>('resource.k8s.io/v1', 'resourceclaims', {
  ownable: { status: { except: ['spec', 'metadata'] } },
  default: ({ spec }) => defaultDeviceClaim(spec.devices),
  validate: ({ spec }, old) => (old ? [] : collect((errors) => checkDeviceClaim(spec.devices, DEVICES, errors))),
  validateUpdate: (claim, { old, subresource }) =>
    collect((errors) => {
      if (subresource === '') checkImmutable(claim.spec, old.spec, 'spec', errors)
      if (subresource === 'status') checkClaimStatus(claim, old, errors)
    }),
  generation: false,
  columns: [nameColumn, { header: 'State', cell: stateText }, ageColumn],
})

function stateText({ metadata, status }: DeepReadonly<ResourceClaim>): string {
  const states = metadata.deletionTimestamp ? ['deleted'] : []
  if (!status?.allocation) return metadata.deletionTimestamp ? 'deleted' : 'pending'
  states.push('allocated')
  if (status.reservedFor?.length) states.push('reserved')
  return states.join(',')
}

/** resource.k8s.io/v1 ResourceClaimTemplate: what pods' own claims are made from. */
export const resourceClaimTemplates = defineResource<ResourceClaimTemplate>(
  'resource.k8s.io/v1',
  'resourceclaimtemplates',
  {
    default: ({ spec }) => defaultDeviceClaim(spec.spec.devices),
    validate: ({ spec }, old) =>
      old ? [] : collect((errors) => checkDeviceClaim(spec.spec.devices, TEMPLATE_DEVICES, errors)),
    validateUpdate: ({ spec }, { old }) => collect((errors) => checkImmutable(spec, old.spec, 'spec', errors)),
    generation: false,
    columns: [nameColumn, ageColumn],
  },
)
