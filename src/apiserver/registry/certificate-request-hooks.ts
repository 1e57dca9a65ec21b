import type { CertificateSigningRequest } from '../../api/types/certificates.v1.ts'
import type { StorageHooks } from './storage-hooks.ts'

/** Who asks for a certificate is what authentication found, whatever the request says (registry/certificates strategy). */
export const certificateRequestHooks: StorageHooks<CertificateSigningRequest> = {
  beginCreate({ spec }, { user: { name, uid, groups, extra } }) {
    spec.username = name
    spec.groups = [...groups]
    if (uid) spec.uid = uid
    else delete spec.uid
    if (extra) spec.extra = Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]]))
    else delete spec.extra
    return undefined
  },
}
