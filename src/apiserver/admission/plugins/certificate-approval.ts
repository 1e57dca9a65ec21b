import type { CertificateSigningRequest } from '../../../api/types/certificates.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { AdmissionDeps } from '../deps.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAbout, refuse } from '../refuse.ts'
import { mayUseSigner } from './signer-authorization.ts'

/** Approving a request needs the right to approve for its signer. */
export function certificateApproval({ authorizer }: Pick<AdmissionDeps, 'authorizer'>): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    handles: (request) =>
      request.operation === 'UPDATE' &&
      isAbout(request, 'certificates.k8s.io', 'certificatesigningrequests', 'approval'),
    validate(request) {
      const { signerName } = (request.old as DeepReadonly<CertificateSigningRequest>).spec
      if (mayUseSigner(authorizer, request.user, 'approve', signerName)) return
      throw refuse(request, `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`)
    },
  }
}
