import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Volume, VolumeProjection } from '../../../types/core.v1.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { claimSpecWarnings } from '../persistent-volume-claim/warnings.ts'

type Volumes = DeepReadonly<Volume[]>

const deprecatedTypes = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
] as const

export function volumeWarnings(volumes: Volumes, at: FieldPath, warnings: string[]): void {
  for (const [index, volume] of volumes.entries()) {
    for (const [field, shown, advice] of deprecatedTypes) {
      if (volume[field]) warnings.push(`${at.index(index).child(shown)}: ${advice}`)
    }
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec
    if (claim) claimSpecWarnings(claim, at.index(index).child('ephemeral.volumeClaimTemplate.spec'), warnings)
  }
  tokenPathWarnings(volumes, at, warnings)
}

/** A file with a token's path would be shadowed by the token, or the other way round. */
function tokenPathWarnings(volumes: Volumes, at: FieldPath, warnings: string[]): void {
  const tokens = new Set<string>()
  for (const { projected } of volumes) {
    for (const { serviceAccountToken } of projected?.sources ?? []) {
      if (serviceAccountToken) tokens.add(serviceAccountToken.path)
    }
  }
  if (tokens.size === 0) return
  for (const [index, { projected }] of volumes.entries()) {
    const sources = at.index(index).child('projected.sources')
    for (const source of projected?.sources ?? []) sharedPaths(source, tokens, sources, warnings)
  }
}

function sharedPaths(
  { configMap, secret, downwardAPI, clusterTrustBundle }: DeepReadonly<VolumeProjection>,
  tokens: ReadonlySet<string>,
  at: FieldPath,
  warnings: string[],
): void {
  const warn = (field: FieldPath, path: string) => {
    if (tokens.has(path)) warnings.push(`${field}: has duplicated path with ServiceAccountToken "${path}"`)
  }
  configMap?.items?.forEach(({ path }, index) => {
    warn(at.child('configMap').index(index), path)
  })
  secret?.items?.forEach(({ path }, index) => {
    warn(at.child('secrets').index(index), path)
  })
  downwardAPI?.items?.forEach(({ path }, index) => {
    warn(at.child('downwardAPI').index(index), path)
  })
  if (clusterTrustBundle) warn(at.child('ClusterTrustBundle'), clusterTrustBundle.path)
}
