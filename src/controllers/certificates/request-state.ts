import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../api/types/certificates.v1.ts'
import { timestamp } from '../../base/clock.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'

type Request = DeepReadonly<CertificateSigningRequest>

export const conditionOf = ({ status }: Request, type: 'Approved' | 'Denied' | 'Failed') =>
  status.conditions?.find((condition) => condition.type === type)

/** Approved, not denied, and nothing came of it yet. */
export const isToBeSigned = (request: Request): boolean =>
  conditionOf(request, 'Approved') !== undefined &&
  conditionOf(request, 'Denied') === undefined &&
  conditionOf(request, 'Failed') === undefined &&
  !request.status.certificate

/** Nobody has decided yet. */
export const isPending = (request: Request): boolean =>
  conditionOf(request, 'Approved') === undefined &&
  conditionOf(request, 'Denied') === undefined &&
  conditionOf(request, 'Failed') === undefined

/** A copy with one more condition that holds. */
export function withCondition(
  request: Request,
  { type, reason, message }: { type: 'Approved' | 'Failed'; reason: string; message: string },
  nowMs: number,
): CertificateSigningRequest {
  const now = timestamp(nowMs)
  const condition: CertificateSigningRequestCondition = {
    type,
    status: 'True',
    reason,
    message,
    lastUpdateTime: now,
    lastTransitionTime: now,
  }
  const copy = editable<CertificateSigningRequest>(request)
  copy.status = { ...copy.status, conditions: [...(copy.status.conditions ?? []), condition] }
  return copy
}
