import type { PersistentVolume, Pod } from '../../../api/types/core.v1.ts'
import type { ResourceSlice } from '../../../api/types/resource.v1.ts'
import type { VolumeAttachment } from '../../../api/types/storage.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Informer } from '../../../client/informer.ts'
import { podReferences, volumeSecrets } from './references.ts'

/** Kinds of objects that a node may reach through the pods bound to it. */
export type ReachableKind =
  | 'pod'
  | 'secret'
  | 'configmap'
  | 'serviceaccount'
  | 'persistentvolumeclaim'
  | 'persistentvolume'
  | 'resourceclaim'
  | 'volumeattachment'
  | 'resourceslice'

export interface NodeGraphInformers {
  readonly pods: Informer<Pod>
  readonly persistentVolumes: Informer<PersistentVolume>
  readonly volumeAttachments: Informer<VolumeAttachment>
  readonly resourceSlices: Informer<ResourceSlice>
}

const BY_REFERENCE = 'node-authorizer/reference'
const BY_SECRET = 'node-authorizer/secret'
const MIRROR_POD = 'kubernetes.io/config.mirror'

/**
 * What each node is related to: node ← pod ← secret, configmap, claim ← volume ← secret… No graph is kept: the informers'
 * indexes are its edges, `node|kind|namespace/name` for what pods name, so a question is one or two lookups and nothing
 * can drift from the objects themselves.
 */
export class NodeGraph {
  readonly #informers: NodeGraphInformers

  constructor(informers: NodeGraphInformers) {
    this.#informers = informers
    informers.pods.addIndex(BY_REFERENCE, podEdges)
    informers.persistentVolumes.addIndex(BY_SECRET, volumeSecrets)
  }

  /** Whether the object is related to the node. Cluster-scoped kinds have no namespace (`''`). */
  reaches(node: string, kind: ReachableKind, namespace: string, name: string): boolean {
    switch (kind) {
      case 'pod':
        return this.#informers.pods.lister.get({ namespace, name })?.spec.nodeName === node
      case 'volumeattachment':
        return this.#informers.volumeAttachments.lister.get({ name })?.spec.nodeName === node
      case 'resourceslice':
        return this.#informers.resourceSlices.lister.get({ name })?.spec.nodeName === node
      case 'persistentvolume':
        return this.#claimIsUsed(node, this.#informers.persistentVolumes.lister.get({ name }))
      case 'secret':
        return this.#podNames(node, kind, namespace, name) || this.#volumeNames(node, namespace, name)
      default:
        return this.#podNames(node, kind, namespace, name)
    }
  }

  #podNames(node: string, kind: ReachableKind, namespace: string, name: string): boolean {
    return this.#informers.pods.lister.by(BY_REFERENCE, edge(node, kind, namespace, name)).length > 0
  }

  #volumeNames(node: string, namespace: string, secret: string): boolean {
    const volumes = this.#informers.persistentVolumes.lister.by(BY_SECRET, `${namespace}/${secret}`)
    return volumes.some((volume) => this.#claimIsUsed(node, volume))
  }

  #claimIsUsed(node: string, volume: DeepReadonly<PersistentVolume> | undefined): boolean {
    const claim = volume?.spec.claimRef
    if (!claim?.namespace || !claim.name) return false
    return this.#podNames(node, 'persistentvolumeclaim', claim.namespace, claim.name)
  }
}

/** A node makes mirror pods itself, so what they name grants nothing. */
function podEdges(pod: DeepReadonly<Pod>): string[] {
  const node = pod.spec.nodeName
  if (!node || pod.metadata.annotations?.[MIRROR_POD] !== undefined) return []
  const { namespace } = pod.metadata
  return podReferences(pod).map(({ kind, name }) => edge(node, kind, namespace, name))
}

const edge = (node: string, kind: ReachableKind, namespace: string, name: string) =>
  `${node}|${kind}|${namespace}/${name}`
