import { LOCAL_PATH } from '../../api/local-path.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { StorageClass } from '../../api/types/storage.v1.ts'
import type { New } from '../../client/client.ts'
import type { Client } from '../../client/clientset.ts'

/** On kube-system: the class was made once. Whoever deletes the class does not get it back at the next start. */
const MARK = 'navarch.io/local-storage-class'
const SYSTEM = { name: 'kube-system' }

const localClass: New<StorageClass> = {
  kind: 'StorageClass',
  apiVersion: 'storage.k8s.io/v1',
  metadata: { name: 'local', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: LOCAL_PATH,
  volumeBindingMode: 'WaitForFirstConsumer',
  reclaimPolicy: 'Delete',
}

/**
 * Makes the default StorageClass `local`, whose volumes are directories of nodes: once in the life of a cluster, so that
 * an admin may change or delete it, or make another the default.
 */
export async function ensureLocalStorageClass(client: Client, signal: AbortSignal): Promise<void> {
  const system = await client.namespaces.get(SYSTEM, { signal })
  if (system.metadata.annotations?.[MARK] !== undefined) return
  try {
    await client.storageClasses.create(localClass, { signal })
  } catch (error) {
    if (!hasReason(error, Reason.AlreadyExists)) throw error
  }
  const body = { metadata: { annotations: { [MARK]: 'created' } } }
  await client.namespaces.patch(SYSTEM, { type: 'merge', body }, { signal })
}
