import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { StorageVersionMigration } from '../../types/storagemigration.v1beta1.ts'
import { checkMetaConditions } from '../validation/conditions.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../validation/name-rules.ts'

type Migration = DeepReadonly<StorageVersionMigration>

const RESOURCE = FieldPath.of('spec.resource')
const STATUS = FieldPath.of('status')
const REVISION = /^[1-9]\d*$/

/** storagemigration.k8s.io StorageVersionMigration (KEP-4192). Upstream: pkg/apis/storagemigration. */
export const storageVersionMigrations = defineResource<StorageVersionMigration>(
  'storagemigration.k8s.io/v1beta1',
  'storageversionmigrations',
  {
    validate: (migration) => collect((errors) => checkTarget(migration, errors)),
    validateUpdate: (migration, { old, subresource }) =>
      collect((errors) => {
        if (subresource === 'status') checkStatus(migration, old, errors)
        else checkImmutable(migration.spec, old.spec, 'spec', errors)
      }),
  },
)

function checkTarget({ spec }: Migration, errors: FieldErrors): void {
  const { group = '', resource = '' } = spec?.resource ?? {}
  const at = RESOURCE.child('resource')
  if (resource === '') errors.required(at, 'resource is required to be set')
  else joined(resource, dns1035LabelErrors(resource), at, errors)
  if (group !== '') joined(group, dns1123SubdomainErrors(group), RESOURCE.child('group'), errors)
}

/** What is wrong with a name is one error here. */
function joined(value: string, whys: readonly string[], at: FieldPath, errors: FieldErrors): void {
  if (whys.length > 0) errors.invalid(at, value, whys.join(','))
}

function checkStatus({ status }: Migration, { status: before }: Migration, errors: FieldErrors): void {
  const { resourceVersion = '', conditions } = status ?? {}
  const at = STATUS.child('resourceVersion')
  if (!REVISION.test(resourceVersion)) {
    errors.invalid(at, resourceVersion, `resource version is not well formed: ${resourceVersion}`)
  }
  checkMetaConditions(conditions, STATUS.child('conditions'), errors)
  const settled = before?.resourceVersion ?? ''
  if (settled !== '' && settled !== resourceVersion) errors.invalid(at, resourceVersion, 'field is immutable')
  for (const why of contradictions(status, before)) errors.invalid(STATUS.child('conditions'), conditions ?? null, why)
}

/** A migration ends once, in one way. */
function contradictions(status: Migration['status'], before: Migration['status']): string[] {
  const [succeeded, failed, running] = [holds(status, 'Succeeded'), holds(status, 'Failed'), holds(status, 'Running')]
  const whys: string[] = []
  if (succeeded && failed) whys.push('Both success and failed conditions cannot be true at the same time')
  if (succeeded && running) whys.push('Running condition cannot be true when success condition is true')
  if (failed && running) whys.push('Running condition cannot be true when failed condition is true')
  if (holds(before, 'Succeeded') && !succeeded) whys.push('Success condition cannot be set to false once it is true')
  if (holds(before, 'Failed') && !failed) whys.push('Failed condition cannot be set to false once it is true')
  return whys
}

const holds = (status: Migration['status'] | undefined, type: string): boolean =>
  status?.conditions?.find((condition) => condition.type === type)?.status === 'True'
