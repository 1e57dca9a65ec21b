import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import { defineResource, NameRule } from '../../resource.ts'
import type { ClusterTrustBundle } from '../../types/certificates.v1beta1.ts'
import { collect, type FieldErrors } from '../validation/field-errors.ts'
import { checkImmutable } from '../validation/immutable.ts'
import { dns1123SubdomainErrors } from '../validation/name-rules.ts'
import { checkSignerName } from '../validation/signer-names.ts'
import { trustBundleFaults } from './trust-bundle.ts'

const MAX_BYTES = 1024 * 1024
const BUNDLE = 'spec.trustBundle'

/** certificates.k8s.io ClusterTrustBundle (KEP-3257). Upstream: pkg/apis/certificates. */
export const clusterTrustBundles = defineResource<ClusterTrustBundle>(
  'certificates.k8s.io/v1beta1',
  'clustertrustbundles',
  {
    nameRule: NameRule.PathSegment, // of which `validate` takes what fits the signer
    validate: (bundle, old) =>
      collect((errors) => {
        const { signerName, trustBundle = '' } = bundle.spec ?? {}
        checkName(bundle, errors)
        if (signerName) checkSignerName(signerName, 'spec.signerName', errors)
        if (trustBundle !== old?.spec.trustBundle) checkBundle(trustBundle, errors)
      }),
    validateUpdate: ({ spec }, { old }) =>
      collect((errors) => checkImmutable(spec?.signerName, old.spec?.signerName, 'spec.signerName', errors)),
    selectableFields: { 'spec.signerName': ({ spec }) => spec?.signerName ?? '' },
  },
)

/** A bundle of a signer is named after it, one of none cannot be taken for such a one. */
function checkName({ metadata: { name = '' }, spec }: DeepReadonly<ClusterTrustBundle>, errors: FieldErrors): void {
  const signer = spec?.signerName ?? ''
  const at = 'metadata.name'
  if (signer === '') {
    if (name.includes(':'))
      return errors.invalid(at, name, 'ClusterTrustBundle without signer name must not have ":" in its name')
    return errors.invalidAll(at, name, dns1123SubdomainErrors(name))
  }
  const prefix = `${signer.replaceAll('/', ':')}:`
  if (name.startsWith(prefix)) return errors.invalidAll(at, name, dns1123SubdomainErrors(name.slice(prefix.length)))
  errors.invalid(at, name, `ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`)
}

function checkBundle(bundle: string, errors: FieldErrors): void {
  if (Buffer.byteLength(bundle) > MAX_BYTES) return errors.tooLong(BUNDLE, MAX_BYTES)
  errors.invalidAll(BUNDLE, '<value omitted>', trustBundleFaults(bundle))
}
