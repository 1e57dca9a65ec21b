import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { PersistentVolume } from './types/core.v1.ts'

/** Name of the provisioner that makes directories of nodes into volumes. */
export const LOCAL_PATH = 'navarch.io/local-path'

/** Held by each of its volumes until the node has removed the directory, or is to keep it. */
export const LOCAL_PATH_FINALIZER = 'navarch.io/local-path'

/** On volumes: the provisioner that made it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'

/** On nodes: the directory below which they keep such volumes. */
export const LOCAL_DIRECTORY = 'navarch.io/local-volumes'

const HOSTNAME = 'kubernetes.io/hostname'

/** The host whose directory a volume is, when the local provisioner made it. */
export function hostOf({ metadata, spec }: DeepReadonly<PersistentVolume>): string | undefined {
  if (metadata.annotations?.[PROVISIONED_BY] !== LOCAL_PATH) return undefined
  const [term] = spec.nodeAffinity?.required?.nodeSelectorTerms ?? []
  return term?.matchExpressions?.find(({ key }) => key === HOSTNAME)?.values?.[0]
}
