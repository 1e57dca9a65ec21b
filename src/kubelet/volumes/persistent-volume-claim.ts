import { mkdir } from 'node:fs/promises'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { PersistentVolume, Pod, Volume } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { prepareHostPath } from './host-path.ts'
import type { VolumePlugin, VolumePluginDeps } from './volume-plugin.ts'

/** The volume that a claim is bound to, and those claims that a pod brings along (generic ephemeral volumes). */
export const persistentVolumeClaim: VolumePlugin = {
  name: 'kubernetes.io/persistent-volume-claim',
  handles: ({ persistentVolumeClaim: source, ephemeral }) => source !== undefined || ephemeral !== undefined,
  async mount({ pod, volume, signal }, deps) {
    const bound = await boundVolume(pod, claimName(pod, volume), deps, signal)
    const hostPath = await place(bound)
    const readOnly = volume.persistentVolumeClaim?.readOnly ?? false
    return { hostPath, readOnly, ownedByGroup: !bound.spec.accessModes?.includes('ReadOnlyMany') || !readOnly }
  },
}

function claimName(
  { metadata }: DeepReadonly<Pod>,
  { name, persistentVolumeClaim: source }: DeepReadonly<Volume>,
): string {
  return source?.claimName ?? `${metadata.name}-${name}`
}

async function boundVolume(
  { metadata }: DeepReadonly<Pod>,
  name: string,
  { client }: VolumePluginDeps,
  signal: AbortSignal,
): Promise<DeepReadonly<PersistentVolume>> {
  const claim = await found(() =>
    client.persistentVolumeClaims.get({ namespace: metadata.namespace, name }, { signal }),
  )
  if (!claim) throw new Error(`persistentvolumeclaim ${JSON.stringify(name)} not found`)
  if (claim.metadata.deletionTimestamp)
    throw new Error(`can't start pod because PVC ${metadata.namespace}/${name} is being deleted`)
  if (claim.status.phase !== 'Bound' || !claim.spec.volumeName)
    throw new Error(`PVC ${metadata.namespace}/${name} is not bound`)
  const volume = await found(() => client.persistentVolumes.get({ name: claim.spec.volumeName as string }, { signal }))
  if (volume?.spec.claimRef?.uid !== claim.metadata.uid)
    throw new Error(`PVC ${metadata.namespace}/${name} is bound to a volume that is not its own`)
  return volume
}

async function found<T>(get: () => Promise<T>): Promise<T | undefined> {
  try {
    return await get()
  } catch (error) {
    if (hasReason(error, Reason.NotFound)) return undefined
    throw error
  }
}

/** Local kinds of volumes; those that need a driver are refused by name. */
async function place({ metadata, spec }: DeepReadonly<PersistentVolume>): Promise<string> {
  if (spec.hostPath) {
    await prepareHostPath(spec.hostPath)
    return spec.hostPath.path
  }
  if (spec.local) {
    await mkdir(spec.local.path, { recursive: true })
    return spec.local.path
  }
  throw new Error(`no volume plugin matched for persistent volume ${JSON.stringify(metadata.name)}`)
}
