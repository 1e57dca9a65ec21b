import type { CertificateSigningRequest } from '../../../api/types/certificates.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout, refuse } from '../refuse.ts'
import { mayUseSigner } from './signer-authorization.ts'

/** Writing a certificate, or that there will be none, needs the right to sign for its signer. */
export function certificateSigning({ authorizer }: Pick<AdmissionDeps, 'authorizer'>): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    handles: (request) =>
      request.operation === 'UPDATE' && isAbout(request, 'certificates.k8s.io', 'certificatesigningrequests', 'status'),
    validate(request) {
      const before = request.old as DeepReadonly<CertificateSigningRequest>
      const after = request.object as CertificateSigningRequest
      if (before.status?.certificate === after.status?.certificate && sameFailure(before, after)) return
      const { signerName } = before.spec
      if (mayUseSigner(authorizer, request.user, 'sign', signerName)) return
      throw refuse(request, `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`)
    },
  }
}

function sameFailure(a: DeepReadonly<CertificateSigningRequest>, b: DeepReadonly<CertificateSigningRequest>): boolean {
  const failed = ({ status }: DeepReadonly<CertificateSigningRequest>) =>
    JSON.stringify(status?.conditions?.filter(({ type }) => type === 'Failed') ?? [])
  return failed(a) === failed(b)
}
