import { AUTHENTICATED } from '../authn/groups.ts'
import { serviceAccountGroups, serviceAccountUser } from '../authn/service-account-name.ts'
import type { UserInfo } from '../request.ts'

const NAMESPACE = 'kube-system'
const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups: [...groups, AUTHENTICATED] })

/**
 * Who the parts of the program are when they call the API in-process: each its own user, with no more rights than the
 * roles in data/rbac.json give it.
 */
export const componentUsers = {
  /** The API server towards itself: informers, bootstrap. The only one without limits. */
  apiserver: user('system:apiserver', 'system:masters'),
  scheduler: user('system:kube-scheduler'),
  controllerManager: user('system:kube-controller-manager'),
  proxy: user('system:kube-proxy'),
  dns: user('system:navarch:dns'),
  network: user('system:navarch:network'),
  localProvisioner: user('system:navarch:local-provisioner'),
  /** Looks after the directories of local volumes on a node. */
  localVolumes: user('system:navarch:local-volumes'),
  kubelet: (node: string): UserInfo => user(`system:node:${node}`, 'system:nodes'),
  /** A controller by the name of its service account: `deployment-controller`, `generic-garbage-collector`… */
  controller: (name: string): UserInfo => ({
    name: serviceAccountUser({ namespace: NAMESPACE, name }),
    groups: [...serviceAccountGroups(NAMESPACE), AUTHENTICATED],
  }),
} as const
