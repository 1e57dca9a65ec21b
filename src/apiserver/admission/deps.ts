import type {
  LimitRange,
  Namespace,
  Node,
  PersistentVolumeClaim,
  Pod,
  ResourceQuota,
  ServiceAccount,
} from '../../api/types/core.v1.ts'
import type { IngressClass } from '../../api/types/networking.v1.ts'
import type { RuntimeClass } from '../../api/types/node.v1.ts'
import type { PriorityClass } from '../../api/types/scheduling.v1.ts'
import type { StorageClass } from '../../api/types/storage.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../client/clientset.ts'
import type { Lister } from '../../client/informer.ts'
import type { Authorizer } from '../authz/authorizer.ts'
import type { RbacIndex } from '../authz/rbac/rbac-index.ts'

/** What admission plugins look things up in. Each plugin takes the part it needs. */
export interface AdmissionDeps {
  /** Reads what a lister does not show yet, and writes what quotas are used for; acts as componentUsers.apiserver. */
  readonly client: Pick<Client, 'namespaces' | 'serviceAccounts' | 'resourceQuotas'>
  readonly namespaces: Lister<Namespace>
  readonly serviceAccounts: Lister<ServiceAccount>
  readonly nodes: Lister<Node>
  readonly pods: Lister<Pod>
  readonly persistentVolumeClaims: Lister<PersistentVolumeClaim>
  readonly limitRanges: Lister<LimitRange>
  readonly resourceQuotas: Lister<ResourceQuota>
  readonly priorityClasses: Lister<PriorityClass>
  readonly storageClasses: Lister<StorageClass>
  readonly ingressClasses: Lister<IngressClass>
  readonly runtimeClasses: Lister<RuntimeClass>
  readonly authorizer: Authorizer
  readonly rbac: RbacIndex
  readonly clock: Clock
}
