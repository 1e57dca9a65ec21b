import type { Pod } from '../../api/types/core.v1.ts'
import type { OwnerReference } from '../../api/types/meta.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Listers } from '../listers.ts'
import { controllerOf } from '../owner-references.ts'

type ScaleListers = Pick<Listers, 'deployments' | 'replicaSets' | 'replicationControllers' | 'statefulSets'>
type Reference = DeepReadonly<OwnerReference>

/** How many pods the controllers of these pods ask for altogether. Throws for a controller without a size. */
export function expectedScale(pods: readonly DeepReadonly<Pod>[], listers: ScaleListers): number {
  const scales = new Map<string, number>() // uid of the controller → its size
  for (const pod of pods) {
    const controller = controllerOf(pod)
    if (!controller || scales.has(controller.uid)) continue
    const { uid, replicas } = scaleOf(controller, pod.metadata.namespace, listers) ?? {}
    if (uid === undefined) throw new Error(`found no controllers for pod "${pod.metadata.name}"`)
    scales.set(uid, replicas ?? 1)
  }
  return scales.values().reduce((sum, replicas) => sum + replicas, 0)
}

interface Scale {
  readonly uid: string
  readonly replicas: number | undefined
}

function scaleOf(controller: Reference, namespace: string, listers: ScaleListers): Scale | undefined {
  const at = { namespace, name: controller.name }
  switch (`${controller.kind}.${controller.apiVersion}`) {
    case 'ReplicaSet.apps/v1': {
      const set = listers.replicaSets.get(at)
      const owner = set && controllerOf(set)
      if (owner?.kind !== 'Deployment') return sameAs(controller, set)
      return sameAs(owner, listers.deployments.get({ namespace, name: owner.name }))
    }
    case 'StatefulSet.apps/v1':
      return sameAs(controller, listers.statefulSets.get(at))
    case 'ReplicationController.v1':
      return sameAs(controller, listers.replicationControllers.get(at))
    default:
      throw new Error(`${resourceOf(controller)} does not implement the scale subresource`)
  }
}

type Sized = DeepReadonly<{ metadata: { uid: string }; spec: { replicas?: number } }>

/** A namesake that came later is not the pod's controller. */
function sameAs({ uid }: Reference, object: Sized | undefined): Scale | undefined {
  return object?.metadata.uid === uid ? { uid, replicas: object.spec.replicas } : undefined
}

function resourceOf({ kind, apiVersion }: Reference): string {
  const [group] = apiVersion.includes('/') ? apiVersion.split('/') : []
  return `${kind.toLowerCase()}s${group ? `.${group}` : ''}`
}
