import { LOCAL_DIRECTORY, LOCAL_PATH, LOCAL_PATH_FINALIZER, PROVISIONED_BY } from '../../api/local-path.ts'
import type { Node, PersistentVolume } from '../../api/types/core.v1.ts'
import type { StorageClass } from '../../api/types/storage.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { New } from '../../client/client.ts'
import type { Claim } from '../pv-binder/binding.ts'
import { BETA_STORAGE_PROVISIONER, SELECTED_NODE, STORAGE_PROVISIONER } from '../pv-binder/binding.ts'
import { hasNode, waitsForConsumer } from '../pv-binder/storage-class-of.ts'

const HOSTNAME = 'kubernetes.io/hostname'
/** A directory of one node serves the pods of that node. */
const ACCESS_MODES: readonly string[] = ['ReadWriteOnce', 'ReadWriteOncePod']

export type ProvisionPlan =
  /** Not ours, not yet, or done. */
  | { readonly action: 'none' }
  | { readonly action: 'make'; readonly volume: New<PersistentVolume> }
  /** `reschedule`: another node may do, so the scheduler is to choose again. */
  | { readonly action: 'refuse'; readonly why: string; readonly reschedule: boolean }

/** What a claim is decided by. */
export interface ProvisionView {
  readonly storageClass: DeepReadonly<StorageClass> | undefined
  /** The node that the scheduler selected. */
  readonly node: DeepReadonly<Node> | undefined
  /** Where nodes that do not say so themselves keep such volumes. */
  readonly directory: string
}

/** The node that the claim's volume is to be on. */
export const selectedNode = ({ metadata }: Claim): string => metadata.annotations?.[SELECTED_NODE] ?? ''

/** `pvc-<uid>`: the same for every attempt, so that a claim never gets two volumes. */
export const volumeName = ({ metadata }: Claim): string => `pvc-${metadata.uid}`

/** Decides whether a claim gets a directory, and where (as sig-storage-lib-external-provisioner does). */
export function planProvision(claim: Claim, { storageClass, node, directory }: ProvisionView): ProvisionPlan {
  if (!isOurs(claim) || storageClass?.provisioner !== LOCAL_PATH) return { action: 'none' }
  if (waitsForConsumer(storageClass) && !hasNode(claim)) return { action: 'none' }
  const why = unsupported(claim)
  if (why) return refuse(why)
  if (!hasNode(claim))
    return refuse('no node was selected: the class has to have volumeBindingMode WaitForFirstConsumer')
  if (!node) return { ...refuse(`node "${selectedNode(claim)}" not found`), reschedule: true }
  return { action: 'make', volume: volumeFor(claim, storageClass, node, directoryOf(node) ?? directory) }
}

const directoryOf = ({ metadata }: DeepReadonly<Node>): string | undefined => metadata.annotations?.[LOCAL_DIRECTORY]

const refuse = (why: string) => ({ action: 'refuse', why, reschedule: false }) as const

function isOurs({ metadata, spec }: Claim): boolean {
  const provisioner = metadata.annotations?.[STORAGE_PROVISIONER] ?? metadata.annotations?.[BETA_STORAGE_PROVISIONER]
  return provisioner === LOCAL_PATH && !spec.volumeName && !metadata.deletionTimestamp
}

function unsupported({ spec }: Claim): string | undefined {
  if (spec.volumeMode === 'Block') return 'block volumes are not supported'
  if (spec.selector) return 'claim.Spec.Selector is not supported'
  if (spec.dataSource || spec.dataSourceRef) return 'claims with a data source are not supported'
  const mode = spec.accessModes?.find((wanted) => !ACCESS_MODES.includes(wanted))
  return mode && `access mode ${mode} is not supported: only ${ACCESS_MODES.join(' and ')} are`
}

function volumeFor(
  claim: Claim,
  { metadata, reclaimPolicy = 'Delete' }: DeepReadonly<StorageClass>,
  node: DeepReadonly<Node>,
  directory: string,
): New<PersistentVolume> {
  const name = volumeName(claim)
  const { namespace, name: claimName, uid, resourceVersion = '' } = claim.metadata
  const { accessModes = [], resources } = claim.spec
  return {
    kind: 'PersistentVolume',
    apiVersion: 'v1',
    metadata: { name, annotations: { [PROVISIONED_BY]: LOCAL_PATH }, finalizers: [LOCAL_PATH_FINALIZER] },
    spec: {
      capacity: { storage: resources?.requests?.storage ?? '0' },
      accessModes: [...accessModes],
      hostPath: { path: `${directory}/${name}`, type: 'DirectoryOrCreate' },
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace, name: claimName, uid, resourceVersion },
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: metadata.name,
      volumeMode: 'Filesystem',
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onNode(node)] }] } },
    },
  }
}

const onNode = ({ metadata }: DeepReadonly<Node>) => ({
  key: HOSTNAME,
  operator: 'In' as const,
  values: [metadata.labels?.[HOSTNAME] ?? metadata.name],
})
