import type { Container, PersistentVolume, Pod, Volume } from '../../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'

export type PodReferenceKind = 'secret' | 'configmap' | 'serviceaccount' | 'persistentvolumeclaim' | 'resourceclaim'

/** An object in the pod's own namespace that its node has to read to run it. */
export interface PodReference {
  readonly kind: PodReferenceKind
  readonly name: string
}

/** Everything that a pod names, each once. */
export function podReferences(pod: DeepReadonly<Pod>): PodReference[] {
  const found = new Map<string, PodReference>()
  const add = (kind: PodReferenceKind, name: string | undefined) => {
    if (name) found.set(`${kind}/${name}`, { kind, name })
  }
  add('serviceaccount', pod.spec.serviceAccountName)
  for (const { name } of pod.spec.imagePullSecrets ?? []) add('secret', name)
  for (const container of allContainers(pod)) addEnvironment(container, add)
  for (const volume of pod.spec.volumes ?? []) addVolume(volume, pod.metadata.name, add)
  for (const { resourceClaimName } of pod.spec.resourceClaims ?? []) add('resourceclaim', resourceClaimName)
  for (const { resourceClaimName } of pod.status?.resourceClaimStatuses ?? []) add('resourceclaim', resourceClaimName)
  add('resourceclaim', pod.status?.extendedResourceClaimStatus?.resourceClaimName)
  return [...found.values()]
}

type Add = (kind: PodReferenceKind, name: string | undefined) => void
type ContainerLike = Pick<DeepReadonly<Container>, 'env' | 'envFrom'>

function allContainers({ spec }: DeepReadonly<Pod>): ContainerLike[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
}

function addEnvironment({ env, envFrom }: ContainerLike, add: Add): void {
  for (const { configMapRef, secretRef } of envFrom ?? []) {
    add('configmap', configMapRef?.name)
    add('secret', secretRef?.name)
  }
  for (const { valueFrom } of env ?? []) {
    add('configmap', valueFrom?.configMapKeyRef?.name)
    add('secret', valueFrom?.secretKeyRef?.name)
  }
}

function addVolume(volume: DeepReadonly<Volume>, podName: string, add: Add): void {
  add('secret', volume.secret?.secretName)
  add('configmap', volume.configMap?.name)
  add('persistentvolumeclaim', volume.persistentVolumeClaim?.claimName)
  if (volume.ephemeral) add('persistentvolumeclaim', `${podName}-${volume.name}`)
  for (const { secret, configMap } of volume.projected?.sources ?? []) {
    add('secret', secret?.name)
    add('configmap', configMap?.name)
  }
  const byName = [volume.cephfs, volume.flexVolume, volume.iscsi, volume.rbd, volume.scaleIO, volume.storageos]
  for (const source of byName) add('secret', source?.secretRef?.name)
  add('secret', volume.cinder?.secretRef?.name)
  add('secret', volume.csi?.nodePublishSecretRef?.name)
  add('secret', volume.azureFile?.secretName)
}

/** `namespace/name` of each secret that mounting a volume on a node needs. */
export function volumeSecrets({ spec }: DeepReadonly<PersistentVolume>): string[] {
  const claimNamespace = spec.claimRef?.namespace
  const references = [
    spec.cephfs?.secretRef,
    spec.cinder?.secretRef,
    spec.flexVolume?.secretRef,
    spec.iscsi?.secretRef,
    spec.rbd?.secretRef,
    spec.scaleIO?.secretRef,
    spec.storageos?.secretRef,
    spec.csi?.nodePublishSecretRef,
    spec.csi?.nodeStageSecretRef,
    spec.csi?.nodeExpandSecretRef,
    azureFileSecret(spec.azureFile),
  ]
  const found = references.map((reference) => {
    const namespace = reference?.namespace || claimNamespace
    return reference?.name && namespace ? `${namespace}/${reference.name}` : undefined
  })
  return [...new Set(found.filter((key) => key !== undefined))]
}

function azureFileSecret(source: DeepReadonly<PersistentVolume>['spec']['azureFile']) {
  if (!source) return undefined
  return { name: source.secretName, ...(source.secretNamespace && { namespace: source.secretNamespace }) }
}
