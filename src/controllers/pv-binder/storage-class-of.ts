import type { StorageClass } from '../../api/types/storage.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { AnyVolume, Claim } from './binding.ts'
import { SELECTED_NODE } from './binding.ts'

/** Before spec.storageClassName there was this annotation; where it is, it counts. */
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'
const IS_DEFAULT = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']

/** The class that the claim names; empty for one that wants a volume without class, or left it open. */
export function classNameOfClaim({ metadata, spec }: Claim): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? ''
}

export function classNameOfVolume({ metadata, spec }: AnyVolume): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? ''
}

/** The claim's author has decided on a class, or on none by an empty name. */
export function namesClass({ metadata, spec }: Claim): boolean {
  return metadata.annotations?.[BETA_CLASS] !== undefined || spec.storageClassName !== undefined
}

/** Volumes of the class are chosen or made when a pod that uses the claim has got its node. */
export function waitsForConsumer(storageClass: DeepReadonly<StorageClass> | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
}

/** The scheduler has said for which node the volume is to be made. */
export const hasNode = ({ metadata }: Claim): boolean => Boolean(metadata.annotations?.[SELECTED_NODE])

/** The default class: of several the newest, then the first by name. */
export function defaultClass(classes: readonly DeepReadonly<StorageClass>[]): DeepReadonly<StorageClass> | undefined {
  const isDefault = ({ metadata }: DeepReadonly<StorageClass>): boolean =>
    IS_DEFAULT.some((annotation) => metadata.annotations?.[annotation] === 'true')
  const made = ({ metadata }: DeepReadonly<StorageClass>): string => metadata.creationTimestamp ?? ''
  return classes
    .filter(isDefault)
    .sort((a, b) => made(b).localeCompare(made(a)) || a.metadata.name.localeCompare(b.metadata.name))[0]
}
