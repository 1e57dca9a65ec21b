import { matchesNodeSelector, matchesTerm } from '../../api/scheduling/node-selector.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types/core.v1.ts'
import type { StorageClass } from '../../api/types/storage.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Client } from '../../client/clientset.ts'
import type { Informer, Lister } from '../../client/informer.ts'
import type { SchedulerPlugin } from '../plugin.ts'
import { pass, refuse, skip } from '../plugin.ts'
import { fittingVolume } from './fitting-volume.ts'

export interface VolumeBindingDeps {
  readonly client: Pick<Client, 'persistentVolumeClaims' | 'persistentVolumes'>
  readonly claims: Informer<PersistentVolumeClaim>
  readonly volumes: Lister<PersistentVolume>
  readonly classes: Lister<StorageClass>
}

/** Marks a claim whose volume is to be made for a node. */
const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
/** Provisioner of classes whose volumes are made by hand. */
const NO_PROVISIONER = 'kubernetes.io/no-provisioner'
const BIND_TIMEOUT_MS = 600_000

const wrongNode = refuse("node(s) didn't match PersistentVolume's node affinity", { final: true })
const noVolume = refuse("node(s) didn't find available persistent volumes to bind")
const unboundImmediate = refuse('pod has unbound immediate PersistentVolumeClaims', { final: true })

interface ClaimState {
  readonly bound: readonly DeepReadonly<PersistentVolume>[]
  /** Claims that wait for the pod's node (volumeBindingMode WaitForFirstConsumer). */
  readonly waiting: readonly DeepReadonly<PersistentVolumeClaim>[]
}

/**
 * Sends pods where their volumes are or can be made, and holds the binding back until all claims are bound. Volumes of
 * classes that wait for the first consumer are chosen or ordered for the node in `preBind`.
 */
export function volumeBinding(deps: VolumeBindingDeps): SchedulerPlugin<ClaimState> {
  return {
    name: 'VolumeBinding',
    preFilter: ({ pod }) => inspectClaims(pod, deps),
    filter(_info, { node }, { bound, waiting }) {
      const local = bound.every(
        ({ spec }) => !spec.nodeAffinity?.required || matchesNodeSelector(spec.nodeAffinity.required, node),
      )
      if (!local) return wrongNode
      return waiting.every((claim) => fittingVolume(claim, node, deps.volumes) || canProvision(claim, node, deps))
        ? pass
        : noVolume
    },
    async preBind({ pod }, node, signal) {
      const state = inspectClaims(pod, deps)
      if (state.kind !== 'state') return
      await Promise.all(state.state.waiting.map((claim) => prepareClaim(claim, node, deps, signal)))
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(BIND_TIMEOUT_MS)])
      await Promise.all(state.state.waiting.map((claim) => whenBound(claim, deps.claims, deadline)))
    },
    requeue: (_pod, event) =>
      event.kind === 'storage-changed' || event.kind === 'node-added' || event.kind === 'node-updated',
  }
}

function claimNames({ spec, metadata }: DeepReadonly<Pod>): string[] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return [persistentVolumeClaim.claimName]
    return ephemeral ? [`${metadata.name}-${name}`] : []
  })
}

function inspectClaims(pod: DeepReadonly<Pod>, { claims, volumes, classes }: VolumeBindingDeps) {
  const names = claimNames(pod)
  if (names.length === 0) return skip
  const bound: DeepReadonly<PersistentVolume>[] = []
  const waiting: DeepReadonly<PersistentVolumeClaim>[] = []
  for (const name of names) {
    const claim = claims.lister.get({ namespace: pod.metadata.namespace, name })
    if (!claim) return refused(`persistentvolumeclaim "${name}" not found`)
    if (claim.metadata.deletionTimestamp) return refused(`persistentvolumeclaim "${name}" is being deleted`)
    if (isBound(claim)) {
      const volume = volumes.get({ name: claim.spec.volumeName as string })
      if (volume) bound.push(volume)
    } else if (waitsForConsumer(claim, classes)) {
      waiting.push(claim)
    } else {
      return { kind: 'refused' as const, verdict: unboundImmediate }
    }
  }
  return { kind: 'state' as const, state: { bound, waiting } }
}

const refused = (reason: string) => ({ kind: 'refused' as const, verdict: refuse(reason, { final: true }) })

const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'

function isBound({ metadata, spec }: DeepReadonly<PersistentVolumeClaim>): boolean {
  return Boolean(spec.volumeName) && metadata.annotations?.[BIND_COMPLETED] !== undefined
}

function waitsForConsumer({ spec }: DeepReadonly<PersistentVolumeClaim>, classes: Lister<StorageClass>): boolean {
  return classes.get({ name: spec.storageClassName ?? '' })?.volumeBindingMode === 'WaitForFirstConsumer'
}

function canProvision(
  claim: DeepReadonly<PersistentVolumeClaim>,
  node: DeepReadonly<Node>,
  { classes }: VolumeBindingDeps,
): boolean {
  const storageClass = classes.get({ name: claim.spec.storageClassName ?? '' })
  if (!storageClass || storageClass.provisioner === NO_PROVISIONER) return false
  const topologies = storageClass.allowedTopologies
  if (!topologies?.length) return true
  return topologies.some(({ matchLabelExpressions = [] }) =>
    matchesTerm(
      { matchExpressions: matchLabelExpressions.map(({ key, values }) => ({ key, operator: 'In' as const, values })) },
      node,
    ),
  )
}

/** A volume that is there is reserved for the claim; otherwise the claim says for which node one is to be made. */
async function prepareClaim(
  claim: DeepReadonly<PersistentVolumeClaim>,
  node: DeepReadonly<Node>,
  { client, volumes }: VolumeBindingDeps,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace, uid, resourceVersion, annotations } = claim.metadata
  const nodeName = node.metadata.name
  const volume = fittingVolume(claim, node, volumes)
  if (volume) {
    const claimRef = { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name, uid, resourceVersion }
    const body = { metadata: { resourceVersion: volume.metadata.resourceVersion }, spec: { claimRef } }
    await client.persistentVolumes.patch(volume.metadata, { type: 'merge', body }, { signal })
  } else if (annotations?.[SELECTED_NODE] !== nodeName) {
    const body = { metadata: { resourceVersion, annotations: { [SELECTED_NODE]: nodeName } } }
    await client.persistentVolumeClaims.patch({ name, namespace }, { type: 'merge', body }, { signal })
  }
}

/** Resolves when the claim is bound; rejects when it goes, when its node is refused, or with the signal. */
function whenBound(
  { metadata }: DeepReadonly<PersistentVolumeClaim>,
  claims: Informer<PersistentVolumeClaim>,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort)
      queueMicrotask(() => unsubscribe())
      settle()
    }
    const onAbort = (): void =>
      finish(() => reject(new Error(`timed out waiting for claim ${metadata.name} to be bound`)))
    const isMine = (claim: DeepReadonly<PersistentVolumeClaim>): boolean => claim.metadata.uid === metadata.uid
    const look = (claim: DeepReadonly<PersistentVolumeClaim>): void => {
      if (isMine(claim) && isBound(claim)) finish(resolve)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    const unsubscribe = claims.on({
      added: look,
      updated(claim, old) {
        look(claim)
        const given = (object: typeof claim): string | undefined => object.metadata.annotations?.[SELECTED_NODE]
        if (isMine(claim) && given(old) && !given(claim))
          finish(() => reject(new Error(`provisioning for claim ${metadata.name} was refused`)))
      },
      deleted: (claim) => isMine(claim) && finish(() => reject(new Error(`claim ${metadata.name} was deleted`))),
    })
  })
}
