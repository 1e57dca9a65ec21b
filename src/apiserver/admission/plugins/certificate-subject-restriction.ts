import type { CertificateSigningRequest } from '../../../api/types/certificates.v1.ts'
import { parseCertificateRequest } from '../../../base/certificate-request.ts'
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts'
import { isAbout, refuse } from '../refuse.ts'

const SIGNER = 'kubernetes.io/kube-apiserver-client'
const MASTERS = 'system:masters'

/** Nobody gets a client certificate of the group that may do everything. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  handles: (request) =>
    request.operation === 'CREATE' &&
    isAbout(request, 'certificates.k8s.io', 'certificatesigningrequests') &&
    (request.object as CertificateSigningRequest).spec.signerName === SIGNER,
  async validate(request) {
    const groups = await organizations(request)
    if (groups.includes(MASTERS)) throw refuse(request, `use of ${SIGNER} signer with ${MASTERS} group is not allowed`)
  },
}

async function organizations(request: AdmissionRequest): Promise<string[]> {
  const { spec } = request.object as CertificateSigningRequest
  try {
    const { subjectName } = await parseCertificateRequest(Buffer.from(spec.request, 'base64').toString('latin1'))
    return subjectName.getField('O')
  } catch (error) {
    throw refuse(request, `failed to parse CSR: ${error instanceof Error ? error.message : error}`)
  }
}
