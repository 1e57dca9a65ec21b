import type { DeepReadonly } from '../../../../base/deep-readonly.ts'
import type { Volume, VolumeProjection } from '../../../types/core.v1.ts'
import type { FieldPath } from '../../validation/field-path.ts'
import { Seen } from '../../validation/seen.ts'
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
  volumes.forEach((volume, index) => {
    if (isDeprecated(volume)) typeWarnings(volume, at.index(index), warnings)
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec
    if (claim) claimSpecWarnings(claim, at.index(index).child('ephemeral.volumeClaimTemplate.spec'), warnings)
  })
  tokenPathWarnings(volumes, at, warnings)
}

const deprecatedFields: ReadonlySet<string> = new Set(deprecatedTypes.map(([field]) => field))

/** Looks at the few fields that there are, not for the many that there could be. */
function isDeprecated(volume: Volumes[number]): boolean {
  for (const field in volume) if (deprecatedFields.has(field)) return true
  return false
}

function typeWarnings(volume: Volumes[number], at: FieldPath, warnings: string[]): void {
  for (const [field, shown, advice] of deprecatedTypes) {
    if (volume[field]) warnings.push(`${at.child(shown)}: ${advice}`)
  }
}

/** A file with a token's path would be shadowed by the token, or the other way round. */
function tokenPathWarnings(volumes: Volumes, at: FieldPath, warnings: string[]): void {
  const tokens = new Seen<string>()
  for (const { projected } of volumes) {
    projected?.sources?.forEach(({ serviceAccountToken }) => {
      if (serviceAccountToken) tokens.add(serviceAccountToken.path)
    })
  }
  if (tokens.isEmpty) return
  volumes.forEach(({ projected }, index) => {
    if (!projected?.sources) return
    const sources = at.index(index).child('projected.sources')
    for (const source of projected.sources) sharedPaths(source, tokens, sources, warnings)
  })
}

function sharedPaths(
  { configMap, secret, downwardAPI, clusterTrustBundle }: DeepReadonly<VolumeProjection>,
  tokens: Pick<Seen<string>, 'has'>,
  at: FieldPath,
  warnings: string[],
): void {
  const warn = (field: FieldPath, path: string) =>
    warnings.push(`${field}: has duplicated path with ServiceAccountToken "${path}"`)
  const warnOfFiles = (files: readonly { readonly path: string }[], list: string) =>
    files.forEach(({ path }, index) => {
      if (tokens.has(path)) warn(at.child(list).index(index), path)
    })
  if (configMap?.items) warnOfFiles(configMap.items, 'configMap')
  if (secret?.items) warnOfFiles(secret.items, 'secrets')
  if (downwardAPI?.items) warnOfFiles(downwardAPI.items, 'downwardAPI')
  const bundlePath = clusterTrustBundle?.path
  if (clusterTrustBundle && tokens.has(bundlePath as string)) warn(at.child('ClusterTrustBundle'), bundlePath as string)
}
