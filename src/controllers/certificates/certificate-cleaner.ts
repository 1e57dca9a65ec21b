import { X509Certificate } from 'node:crypto'
import type { CertificateSigningRequest } from '../../api/types/certificates.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { conditionOf } from './request-state.ts'

const HOUR_MS = 3_600_000
const DECIDED_MS = HOUR_MS
const PENDING_MS = 24 * HOUR_MS

/** Deletes requests that were decided an hour ago, or that nobody decided for a day. */
export const certificateCleaner: Controller = {
  name: 'certificatesigningrequest-cleaner-controller',
  user: 'certificate-controller',
  watches: [watch('certificateSigningRequests', itself)],
  reconcile,
}

async function reconcile(key: ObjectName, { client, listers, clock, signal }: ReconcileDeps): Promise<Outcome> {
  const request = listers.certificateSigningRequests.get(key)
  if (!request) return settled
  const due = dueMs(request)
  if (due > clock.now()) return after(due - clock.now())
  const preconditions = { uid: request.metadata.uid }
  await client.certificateSigningRequests.delete(key, { preconditions, signal }).catch(ignoreNotFound)
  return settled
}

/** When a request may go, in ms since the epoch. Upstream's cleaner looks every hour; this one when it is time. */
export function dueMs(request: DeepReadonly<CertificateSigningRequest>): number {
  const decided = DECISIONS.map((type) => conditionOf(request, type)?.lastUpdateTime).filter(
    (time) => time !== undefined,
  )
  if (decided.length === 0) return Date.parse(request.metadata.creationTimestamp) + PENDING_MS
  const { certificate } = request.status
  const times = decided.map((time) => Date.parse(time) + DECIDED_MS)
  return Math.min(...times, certificate ? expiryMs(certificate) : Number.POSITIVE_INFINITY)
}

const DECISIONS = ['Approved', 'Denied', 'Failed'] as const

/** When the certificate expires; never, where the signer gave something that cannot be read. */
function expiryMs(base64: string): number {
  try {
    return new X509Certificate(Buffer.from(base64, 'base64')).validToDate.getTime()
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
