import type { CertificateSigningRequest } from '../api/types/certificates.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Client } from './clientset.ts'

export interface CertificateOrder {
  /** `kubernetes.io/kubelet-serving`… */
  readonly signerName: string
  /** PKCS #10, PEM. */
  readonly request: string
  readonly usages: readonly string[]
  /** What the object's name begins with. */
  readonly prefix: string
  /** Told the name of the object, by which an administrator can approve it. */
  readonly onAsked?: (name: string) => void
}

/** The cluster will not give this certificate; `message` has its words. */
export class CertificateRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'CertificateRefused'
  }
}

const RETRY_MS = 1_000

/**
 * Asks the cluster for a certificate by a CertificateSigningRequest and waits until it is signed: PEM. Throws
 * CertificateRefused when it is denied, and StatusErrors of the asking; the waiting outlasts servers.
 */
export async function requestCertificate(
  client: Pick<Client, 'certificateSigningRequests'>,
  { signerName, request, usages, prefix, onAsked }: CertificateOrder,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string> {
  const requests = client.certificateSigningRequests
  const spec = { request: Buffer.from(request).toString('base64'), signerName, usages: [...usages] }
  const asked = { metadata: { generateName: prefix }, spec: spec as CertificateSigningRequest['spec'] }
  const { metadata } = await requests.create(asked, { signal })
  onAsked?.(metadata.name)
  for (;;) {
    try {
      for await (const { object } of requests.watch({ fieldSelector: `metadata.name=${metadata.name}` }, signal)) {
        const certificate = certificateOf(object)
        if (certificate) return certificate
      }
    } catch (error) {
      if (error instanceof CertificateRefused || signal.aborted) throw error
    }
    await clock.sleep(RETRY_MS, signal)
  }
}

function certificateOf({ status }: DeepReadonly<CertificateSigningRequest>): string | undefined {
  const refused = status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed')
  if (refused) throw new CertificateRefused(refused.message || refused.reason || refused.type)
  return status?.certificate ? Buffer.from(status.certificate, 'base64').toString() : undefined
}
