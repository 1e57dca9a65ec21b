import type { CertificateSigningRequest } from '../../api/types/certificates.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import { requestContent } from './request-content.ts'
import { isToBeSigned, withCondition } from './request-state.ts'
import { type SigningAuthority, sign } from './sign.ts'
import { isOurs, refusal } from './signers.ts'

/** `--cluster-signing-duration`'s default: a year. */
const DURATION_MS = 365 * 24 * 3600 * 1000

/** Signs the approved requests of the cluster's own four signers. Upstream: certificatesigningrequest-signing-controller. */
export function certificateSigningController(authority: () => SigningAuthority): Controller {
  return {
    name: 'certificatesigningrequest-signing-controller',
    user: 'certificate-controller',
    watches: [watch('certificateSigningRequests', itself)],
    reconcile: (key, deps) => reconcile(key, authority, deps),
  }
}

async function reconcile(
  key: ObjectName,
  authority: () => SigningAuthority,
  { client, listers, clock, signal }: ReconcileDeps,
): Promise<Outcome> {
  const request = listers.certificateSigningRequests.get(key)
  if (!request || !isToBeSigned(request) || !isOurs(request.spec.signerName)) return settled
  const next = await decided(request, authority(), clock.now())
  await client.certificateSigningRequests.updateStatus(next, { signal })
  return settled
}

/** The request with its certificate, or with the reason why there will be none. */
async function decided(
  request: DeepReadonly<CertificateSigningRequest>,
  authority: SigningAuthority,
  nowMs: number,
): Promise<CertificateSigningRequest> {
  const { spec } = request
  const { usages = [], signerName, expirationSeconds } = spec
  const content = await requestContent(spec.request)
  const why = refusal(signerName, content, usages)
  if (why) return withCondition(request, { type: 'Failed', reason: 'SignerValidationFailure', message: why }, nowMs)
  const asked = expirationSeconds === undefined ? DURATION_MS : expirationSeconds * 1000
  const certificate = await sign(content, authority, { usages, nowMs, durationMs: Math.min(asked, DURATION_MS) })
  const copy = editable<CertificateSigningRequest>(request)
  copy.status = { ...copy.status, certificate: Buffer.from(certificate).toString('base64') }
  return copy
}
