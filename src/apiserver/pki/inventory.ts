import type { Subject, Usage } from './issue.ts'

export type AuthorityName = 'ca' | 'front-proxy-ca'

/** A certificate that the cluster needs; `name` is the base of its files `<name>.crt` and `<name>.key`. */
export interface CertificateSpec {
  readonly name: string
  readonly authority: AuthorityName
  readonly subject: Subject
  readonly usages: readonly Usage[]
  readonly hosts?: readonly string[]
}

export const AUTHORITIES: Readonly<Record<AuthorityName, Subject>> = {
  ca: { commonName: 'kubernetes' },
  'front-proxy-ca': { commonName: 'front-proxy-ca' },
}

const SERVICE_NAMES = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'localhost',
]
const LOOPBACK = ['127.0.0.1', '::1']

/** Names as kubeadm's. `hosts`: what else clients call the API server by: its host's name and addresses, 10.96.0.1. */
export function controlPlaneCertificates(hosts: readonly string[]): CertificateSpec[] {
  return [
    {
      name: 'apiserver',
      authority: 'ca',
      subject: { commonName: 'kube-apiserver' },
      usages: ['server'],
      hosts: [...new Set([...SERVICE_NAMES, ...LOOPBACK, ...hosts])],
    },
    client('apiserver-kubelet-client', 'kube-apiserver-kubelet-client', []),
    client('admin', 'admin', ['system:masters']),
    { ...client('front-proxy-client', 'front-proxy-client', []), authority: 'front-proxy-ca' },
  ]
}

/** What a kubelet shows to the API server, and what it serves with. */
export function nodeCertificates(
  node: string,
  hosts: readonly string[],
): [client: CertificateSpec, server: CertificateSpec] {
  return [
    client(`nodes/${node}-client`, `system:node:${node}`, ['system:nodes']),
    {
      name: `nodes/${node}-serving`,
      authority: 'ca',
      subject: { commonName: `system:node:${node}`, organizations: ['system:nodes'] },
      usages: ['server'],
      hosts: [...new Set([node, 'localhost', ...LOOPBACK, ...hosts])],
    },
  ]
}

/** A client certificate of any component: `CN=commonName`, an O for each group. */
export function client(name: string, commonName: string, organizations: readonly string[]): CertificateSpec {
  return { name, authority: 'ca', subject: { commonName, organizations }, usages: ['client'] }
}
