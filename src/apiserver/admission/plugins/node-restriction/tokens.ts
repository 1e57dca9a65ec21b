import type { TokenRequest } from '../../../../api/types/authentication.v1.ts'
import type { Pod } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { NodeCheck } from '../node-restriction.ts'

/** A node gets tokens only bound to pods that run on it, for audiences that those pods ask for. */
export const nodeTokens: NodeCheck = (node, { operation, subresource, object, namespace }, { pods }) => {
  if (operation !== 'CREATE' || subresource !== 'token') return undefined
  const { spec } = object as unknown as TokenRequest
  const reference = spec.boundObjectRef
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name) {
    return 'node requested token not bound to a pod'
  }
  if (!reference.uid) return 'node requested token with a pod binding without a uid'
  const pod = pods.get({ namespace, name: reference.name })
  if (!pod) return `pod ${JSON.stringify(reference.name)} not found`
  if (pod.metadata.uid !== reference.uid) {
    return `the UID in the bound object reference (${reference.uid}) does not match the UID in record (${pod.metadata.uid})`
  }
  if (pod.spec.nodeName !== node) return 'node requested token bound to a pod scheduled on a different node'
  const strange = spec.audiences?.find((audience) => audience !== '' && !audiencesOf(pod).has(audience))
  return strange === undefined ? undefined : `audience ${JSON.stringify(strange)} not found in pod spec volume`
}

/** Audiences of the pod's projected tokens; the API server's own is the empty one. */
function audiencesOf({ spec }: DeepReadonly<Pod>): ReadonlySet<string> {
  const sources = (spec.volumes ?? []).flatMap(({ projected }) => projected?.sources ?? [])
  const named = sources.flatMap(({ serviceAccountToken }) => serviceAccountToken?.audience ?? [])
  return new Set(['https://kubernetes.default.svc.cluster.local', ...named])
}
