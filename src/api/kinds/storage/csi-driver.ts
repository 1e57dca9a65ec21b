import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { CSIDriver, CSIDriverSpec } from '../../types/storage.v1.ts'
import { ageColumn, nameColumn } from '../printing/columns.ts'
import { checkRequiredChoice, choices, orderedChoices } from '../validation/choices.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'

type Spec = DeepReadonly<CSIDriverSpec>

const groupPolicies = choices('ReadWriteOnceWithFSType', 'File', 'None')
const lifecycleModes = orderedChoices('Persistent', 'Ephemeral')
const MIN_UPDATE_SECONDS = 10

/** storage.k8s.io/v1 CSIDriver. Upstream: pkg/apis/storage, pkg/registry/storage/csidriver. */
export const csiDrivers = defineResource<CSIDriver>('storage.k8s.io/v1', 'csidrivers', {
  default: ({ spec }) => {
    spec.attachRequired ??= true
    spec.podInfoOnMount ??= false
    spec.storageCapacity ??= false
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
    spec.volumeLifecycleModes ??= ['Persistent']
    spec.requiresRepublish ??= false
    spec.seLinuxMount ??= false
  },
  validate: ({ spec }) => collect((errors) => checkSpec(spec, errors)),
  validateUpdate: ({ spec }, { old }) =>
    collect((errors) => {
      checkImmutable(spec.attachRequired, old.spec.attachRequired, 'spec.attachRequired', errors)
      checkImmutable(spec.volumeLifecycleModes, old.spec.volumeLifecycleModes, 'spec.volumeLifecycleModes', errors)
    }),
  generation: false,
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    { header: 'AttachRequired', type: 'boolean', cell: ({ spec }) => spec.attachRequired ?? true },
    { header: 'PodInfoOnMount', type: 'boolean', cell: ({ spec }) => spec.podInfoOnMount ?? false },
    { header: 'StorageCapacity', type: 'boolean', cell: ({ spec }) => spec.storageCapacity ?? false },
    {
      header: 'TokenRequests',
      cell: ({ spec }) => (spec.tokenRequests ?? []).map(({ audience }) => audience).join(',') || '<unset>',
    },
    { header: 'RequiresRepublish', type: 'boolean', cell: ({ spec }) => spec.requiresRepublish ?? false },
    { header: 'Modes', cell: ({ spec }) => (spec.volumeLifecycleModes ?? []).join(',') || '<none>' },
    ageColumn,
  ],
})

function checkSpec(spec: Spec, errors: FieldErrors): void {
  checkRequiredChoice(spec.fsGroupPolicy, groupPolicies, 'spec.fsGroupPolicy', errors)
  checkTokenRequests(spec, errors)
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!lifecycleModes.has(mode)) errors.notSupported('spec.volumeLifecycleModes', mode, lifecycleModes.listed)
  }
  const seconds = spec.nodeAllocatableUpdatePeriodSeconds
  if (seconds !== undefined && seconds < MIN_UPDATE_SECONDS) {
    const least = `must be greater than or equal to ${MIN_UPDATE_SECONDS} seconds`
    errors.invalid('spec.nodeAllocatableUpdatePeriodSeconds', seconds, least)
  }
}

const TOKEN_REQUESTS = FieldPath.of('spec.tokenRequests')
const MIN_TOKEN_SECONDS = 10 * 60
const MAX_TOKEN_SECONDS = 2 ** 32

function checkTokenRequests({ tokenRequests = [] }: Spec, errors: FieldErrors): void {
  const audiences = new Set<string>()
  tokenRequests.forEach(({ audience, expirationSeconds: seconds }, index) => {
    const at = TOKEN_REQUESTS.index(index)
    if (audiences.has(audience)) errors.duplicate(at.child('audience'), audience)
    else checkExpiration(seconds, at.child('expirationSeconds'), errors)
    audiences.add(audience)
  })
}

function checkExpiration(seconds: number | undefined, at: FieldPath, errors: FieldErrors): void {
  if (seconds === undefined) return
  if (seconds < MIN_TOKEN_SECONDS) errors.invalid(at, seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > MAX_TOKEN_SECONDS) errors.invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds')
}
