import type { Pod } from '../../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import { podReferences } from '../../../authz/node/references.ts'
import type { NodeCheck, NodeRestrictionDeps } from '../node-restriction.ts'

const MIRROR_POD = 'kubernetes.io/config.mirror'
const quote = (text: string): string => JSON.stringify(text)

/** A node makes mirror pods of its own, deletes, evicts and reports on pods bound to it. */
export const nodePods: NodeCheck = (node, request, deps) => {
  const { operation, subresource } = request
  switch (subresource) {
    case '':
      if (operation === 'CREATE') return refusedMirror(node, request.object as Pod, deps)
      if (operation === 'DELETE') return onlyOwn(node, request.old as DeepReadonly<Pod> | undefined, 'delete pods')
      return `unexpected operation ${quote(operation)}, node ${quote(node)} can only create and delete mirror pods`
    case 'status':
      if (operation === 'UPDATE') return refusedStatus(node, request.object as Pod, request.old as DeepReadonly<Pod>)
      return `unexpected operation ${quote(operation)}`
    case 'eviction': {
      const pod = deps.pods.get({ namespace: request.namespace, name: request.name })
      return onlyOwn(node, pod, 'evict pods')
    }
    default:
      return `unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`
  }
}

function onlyOwn(node: string, pod: DeepReadonly<Pod> | undefined, what: string): string | undefined {
  if (!pod || pod.spec.nodeName === node) return undefined
  return `node ${quote(node)} can only ${what} with spec.nodeName set to itself`
}

function refusedMirror(node: string, pod: Pod, deps: NodeRestrictionDeps): string | undefined {
  if (pod.metadata.annotations?.[MIRROR_POD] === undefined) {
    return `pod does not have ${quote(MIRROR_POD)} annotation, node ${quote(node)} can only create mirror pods`
  }
  if (pod.spec.nodeName !== node) return `node ${quote(node)} can only create pods with spec.nodeName set to itself`
  return refusedOwner(node, pod, deps) ?? refusedReferences(node, pod)
}

/** A mirror pod may be owned by its node and nothing else, so that a node cannot have foreign pods collected. */
function refusedOwner(node: string, { metadata }: Pod, { nodes }: NodeRestrictionDeps): string | undefined {
  const owners = metadata.ownerReferences ?? []
  if (owners.length > 1) return `node ${quote(node)} can only create pods with a single owner reference set to itself`
  const owner = owners[0]
  if (!owner) return `node ${quote(node)} can only create pods with an owner reference set to itself`
  const itself = owner.apiVersion === 'v1' && owner.kind === 'Node' && owner.name === node
  if (!itself) return `node ${quote(node)} can only create pods with an owner reference set to itself`
  if (!owner.controller)
    return `node ${quote(node)} can only create pods with a controller owner reference set to itself`
  if (owner.blockOwnerDeletion) return `node ${quote(node)} must not set blockOwnerDeletion on an owner reference`
  const uid = nodes.get({ name: node })?.metadata.uid
  return owner.uid === uid ? undefined : `node ${node} UID mismatch: expected ${owner.uid} got ${uid ?? ''}`
}

function refusedReferences(node: string, pod: Pod): string | undefined {
  const words: Record<ReturnType<typeof podReferences>[number]['kind'], string> = {
    serviceaccount: 'reference a service account',
    secret: 'reference secrets',
    configmap: 'reference configmaps',
    persistentvolumeclaim: 'reference persistentvolumeclaims',
    resourceclaim: 'reference resourceclaims',
  }
  const found = podReferences(pod)[0]
  if (found) return `node ${quote(node)} can not create pods that ${words[found.kind]}`
  const projectsToken = pod.spec.volumes?.some((volume) =>
    volume.projected?.sources?.some(({ serviceAccountToken }) => serviceAccountToken),
  )
  return projectsToken ? `node ${quote(node)} can not create pods that reference a service account token` : undefined
}

function refusedStatus(node: string, pod: Pod, old: DeepReadonly<Pod>): string | undefined {
  const foreign = onlyOwn(node, old, 'update pod status for pods')
  if (foreign !== undefined) return foreign
  if (!same(pod.metadata.labels ?? {}, old.metadata.labels ?? {})) {
    return `node ${quote(node)} cannot update labels through pod status`
  }
  if (!same(pod.status?.resourceClaimStatuses ?? [], old.status?.resourceClaimStatuses ?? [])) {
    return `node ${quote(node)} cannot update resource claim statuses`
  }
  return undefined
}

function same(a: object, b: object): boolean {
  const sorted = (value: object) => JSON.stringify(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
  return sorted(a) === sorted(b)
}
