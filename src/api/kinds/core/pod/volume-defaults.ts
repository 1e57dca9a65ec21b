import type { DownwardAPIVolumeFile, Volume, VolumeProjection } from '../../../types/core.v1.ts'
import { defaultClaimSpec } from '../persistent-volume-claim/defaults.ts'
import { defaultAzureDisk, defaultHostPath, defaultIscsi, defaultRbd, defaultScaleIo } from '../volumes/defaults.ts'
import { pullPolicyOf } from './image-name.ts'

const DEFAULT_FILE_MODE = 0o644
const TOKEN_LIFETIME_SECONDS = 3600

export function defaultVolumes(volumes: Volume[]): void {
  for (const volume of volumes) defaultVolume(volume)
}

function defaultVolume(volume: Volume): void {
  if (!hasSource(volume)) volume.emptyDir = {}
  for (const source of [volume.secret, volume.configMap, volume.downwardAPI, volume.projected]) {
    if (source) source.defaultMode ??= DEFAULT_FILE_MODE
  }
  volume.downwardAPI?.items?.forEach(defaultDownwardFile)
  volume.projected?.sources?.forEach(defaultProjection)
  if (volume.image) volume.image.pullPolicy ||= pullPolicyOf(volume.image.reference)
  if (volume.ephemeral?.volumeClaimTemplate) defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec)
  defaultHostPath(volume.hostPath)
  defaultIscsi(volume.iscsi)
  defaultRbd(volume.rbd)
  defaultAzureDisk(volume.azureDisk)
  defaultScaleIo(volume.scaleIO)
}

const hasSource = (volume: Volume): boolean => {
  for (const field in volume) if (field !== 'name' && volume[field as keyof Volume] !== undefined) return true
  return false
}

function defaultProjection({ downwardAPI, serviceAccountToken }: VolumeProjection): void {
  downwardAPI?.items?.forEach(defaultDownwardFile)
  if (serviceAccountToken) serviceAccountToken.expirationSeconds ??= TOKEN_LIFETIME_SECONDS
}

function defaultDownwardFile({ fieldRef, resourceFieldRef }: DownwardAPIVolumeFile): void {
  if (fieldRef) fieldRef.apiVersion ||= 'v1'
  if (resourceFieldRef) resourceFieldRef.divisor ??= '0'
}
