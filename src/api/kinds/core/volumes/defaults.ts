import type {
  AzureDiskVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  RBDVolumeSource,
  ScaleIOVolumeSource,
} from '../../../types/core.v1.ts'

/** Defaults of volume sources that pods and persistent volumes share. Each takes an unset source. */
export function defaultHostPath(source: HostPathVolumeSource | undefined): void {
  if (source) source.type ??= ''
}

export function defaultIscsi(source: Pick<ISCSIVolumeSource, 'iscsiInterface'> | undefined): void {
  if (source) source.iscsiInterface ||= 'default'
}

export function defaultRbd(source: Pick<RBDVolumeSource, 'pool' | 'user' | 'keyring'> | undefined): void {
  if (!source) return
  source.pool ||= 'rbd'
  source.user ||= 'admin'
  source.keyring ||= '/etc/ceph/keyring'
}

export function defaultAzureDisk(source: AzureDiskVolumeSource | undefined): void {
  if (!source) return
  source.cachingMode ??= 'ReadWrite'
  source.kind ??= 'Shared'
  source.fsType ??= 'ext4'
  source.readOnly ??= false
}

export function defaultScaleIo(source: Pick<ScaleIOVolumeSource, 'storageMode' | 'fsType'> | undefined): void {
  if (!source) return
  source.storageMode ||= 'ThinProvisioned'
  source.fsType ||= 'xfs'
}
