/** Name of the provisioner that makes directories of nodes into volumes. */
export const LOCAL_PATH = 'navarch.io/local-path'

/** Held by each of its volumes until the node has removed the directory, or is to keep it. */
export const LOCAL_PATH_FINALIZER = 'navarch.io/local-path'

/** On volumes: the provisioner that made it. */
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
