import type { SubjectAccessReview } from '../../api/types/authorization.v1.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New, ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import { requestContent } from './request-content.ts'
import { isPending, withCondition } from './request-state.ts'
import { refusal, Signer } from './signers.ts'

type Request = DeepReadonly<CertificateSigningRequest>

/**
 * Approves the client certificates that kubelets ask for, where their user may create
 * `certificatesigningrequests/selfnodeclient` (its own node) or `…/nodeclient` (any node). Upstream:
 * certificatesigningrequest-approving-controller.
 */
export const certificateApprovalController: Controller = {
  name: 'certificatesigningrequest-approving-controller',
  user: 'certificate-controller',
  watches: [watch('certificateSigningRequests', itself)],
  reconcile,
}

async function reconcile(key: ObjectName, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, clock, signal } = deps
  const request = listers.certificateSigningRequests.get(key)
  if (!request || !isPending(request) || request.spec.signerName !== Signer.KubeletClient) return settled
  for (const { permission, message } of await permissions(request)) {
    if (!(await isAllowed(request, permission, deps))) continue
    const approved = withCondition(request, { type: 'Approved', reason: 'AutoApproved', message }, clock.now())
    await client.certificateSigningRequests.updateSubresource(key, 'approval', approved, { signal })
    return settled
  }
  return settled
}

/** Which permissions would do for a request, the narrower first. */
async function permissions({ spec }: Request): Promise<{ permission: string; message: string }[]> {
  const content = await requestContent(spec.request)
  if (refusal(Signer.KubeletClient, content, spec.usages ?? [])) return []
  const any = {
    permission: 'nodeclient',
    message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
  }
  const own = {
    permission: 'selfnodeclient',
    message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
  }
  return content.commonName === spec.username ? [own, any] : [any]
}

async function isAllowed({ spec }: Request, subresource: string, { client, signal }: ReconcileDeps): Promise<boolean> {
  const { username = '', uid, groups, extra } = spec
  const review: New<SubjectAccessReview> = {
    kind: 'SubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec: {
      user: username,
      ...(uid && { uid }),
      ...(groups && { groups: [...groups] }),
      ...(extra && { extra: editable<Record<string, string[]>>(extra) }),
      resourceAttributes: {
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        verb: 'create',
        subresource,
        version: '*',
      },
    },
  }
  const { status } = await client.subjectAccessReviews.create(review, { signal })
  return status?.allowed ?? false
}
