import type { UserInfo } from '../request.ts'

/** What upstream's components call themselves, by the beginning of their user's name. */
const AGENTS: readonly (readonly [user: string, agent: string])[] = [
  ['system:serviceaccount:kube-system:', 'kube-controller-manager'],
  ['system:kube-controller-manager', 'kube-controller-manager'],
  ['system:kube-scheduler', 'kube-scheduler'],
  ['system:kube-proxy', 'kube-proxy'],
  ['system:node:', 'kubelet'],
  ['system:apiserver', 'kube-apiserver'],
]

/** What a part of this program writes as (managedFields), upstream's name where it stands for one of its components. */
export function agentOf({ name }: UserInfo): string {
  return AGENTS.find(([user]) => name.startsWith(user))?.[1] ?? 'navarch'
}
