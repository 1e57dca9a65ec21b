import type { RequestContent } from './request-content.ts'

export const Signer = {
  ApiServerClient: 'kubernetes.io/kube-apiserver-client',
  KubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  KubeletServing: 'kubernetes.io/kubelet-serving',
  LegacyUnknown: 'kubernetes.io/legacy-unknown',
} as const

type Check = (request: RequestContent, usages: readonly string[]) => string | undefined

const NODE_GROUP = 'system:nodes'
const NODE_PREFIX = 'system:node:'
const BASIC = ['key encipherment', 'digital signature']

/** What each of the cluster's signers asks of a request; each gives the reason why it will not sign it. */
const CHECKS: Readonly<Record<string, Check>> = {
  [Signer.ApiServerClient]: (_request, usages) => usagesOf(usages, 'client auth'),
  [Signer.KubeletClient]: (request, usages) =>
    node(request) ?? forbidden(request, ['dns', 'email', 'ip', 'url']) ?? usagesOf(usages, 'client auth'),
  [Signer.KubeletServing]: (request, usages) =>
    node(request) ?? forbidden(request, ['email', 'url']) ?? serverNames(request) ?? usagesOf(usages, 'server auth'),
  [Signer.LegacyUnknown]: () => undefined,
}

/** Whether this cluster signs for the signer of that name. */
export const isOurs = (signerName: string): boolean => signerName in CHECKS

/**
 * Why a signer of the cluster will not sign a request; undefined when it will. Source: the signers' documentation
 * (reference/access-authn-authz/certificate-signing-requests) and upstream's words.
 */
export function refusal(signerName: string, request: RequestContent, usages: readonly string[]): string | undefined {
  return CHECKS[signerName]?.(request, usages)
}

function node({ commonName, organizations }: RequestContent): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== NODE_GROUP) {
    return 'subject organization is not system:nodes'
  }
  return commonName.startsWith(NODE_PREFIX) ? undefined : 'subject common name does not begin with system:node:'
}

const FORBIDDEN: Readonly<Record<string, string>> = {
  dns: 'DNS subjectAltNames are not allowed',
  email: 'Email subjectAltNames are not allowed',
  ip: 'IP subjectAltNames are not allowed',
  url: 'URI subjectAltNames are not allowed',
}

const forbidden = ({ names }: RequestContent, types: readonly string[]): string | undefined =>
  types.filter((type) => names.some((name) => name.type === type)).map((type) => FORBIDDEN[type])[0]

const serverNames = ({ names }: RequestContent): string | undefined =>
  names.length > 0 ? undefined : 'DNS or IP subjectAltName is required'

/** Upstream lets "key encipherment" be left out: elliptic curves do not encipher keys. */
function usagesOf(usages: readonly string[], purpose: 'client auth' | 'server auth'): string | undefined {
  const allowed = [...BASIC, purpose]
  const isRight = usages.includes(purpose) && usages.every((usage) => allowed.includes(usage))
  return isRight ? undefined : `usages did not match [${[...allowed].sort().join(' ')}]`
}
