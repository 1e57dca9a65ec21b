import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource } from '../../resource.ts'
import type { LeaseCandidate, LeaseCandidateSpec } from '../../types/coordination.v1beta1.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { FieldPath } from '../validation/field-path.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { compareSemanticVersions, isSemanticVersion } from './semantic-version.ts'
import { checkStrategy, OLDEST_EMULATION_VERSION } from './strategy.ts'

const SPEC = FieldPath.of('spec')
const NOT_A_VERSION = 'must be a valid semantic version'

/** coordination.k8s.io LeaseCandidate (KEP-4355). Upstream: pkg/apis/coordination. */
export const leaseCandidates = defineResource<LeaseCandidate>('coordination.k8s.io/v1beta1', 'leasecandidates', {
  validate: ({ spec }) => collect((errors) => checkSpec(spec ?? {}, errors)),
  validateUpdate: ({ spec }, { old }) =>
    collect((errors) => checkImmutable(spec?.leaseName, old.spec?.leaseName, SPEC.child('leaseName'), errors)),
  generation: false,
})

function checkSpec(spec: DeepReadonly<Partial<LeaseCandidateSpec>>, errors: FieldErrors): void {
  const { leaseName, strategy } = spec
  if (!leaseName) errors.required(SPEC.child('leaseName'))
  checkVersions(spec, errors)
  if (!strategy) return errors.required(SPEC.child('strategy'))
  if (strategy === OLDEST_EMULATION_VERSION && isZero(spec.emulationVersion)) {
    const why = "must be specified when `strategy` is 'OldestEmulationVersion'"
    errors.required(SPEC.child('emulationVersion'), why)
  }
  checkStrategy(strategy, SPEC.child('strategy'), errors)
}

function checkVersions(
  { emulationVersion: emulated, binaryVersion: binary }: DeepReadonly<Partial<LeaseCandidateSpec>>,
  errors: FieldErrors,
): void {
  const at = SPEC.child('binaryVersion')
  if (emulated && !isSemanticVersion(emulated)) errors.invalid(SPEC.child('emulationVersion'), emulated, NOT_A_VERSION)
  if (!binary) errors.required(at)
  else if (!isSemanticVersion(binary)) errors.invalid(at, binary, NOT_A_VERSION)
  if (binary && emulated && compareSemanticVersions(known(binary), known(emulated)) < 0) {
    errors.invalid(at, binary, 'must be greater than or equal to `emulationVersion`')
  }
}

/** What is no version counts as the lowest. */
const known = (version: string): string => (isSemanticVersion(version) ? version : '0.0.0')

const isZero = (version = ''): boolean => compareSemanticVersions(known(version), '0.0.0') === 0
