import { LOCAL_PATH } from '../../api/local-path.ts'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New, ObjectName } from '../../client/client.ts'
import { keyOf } from '../../client/object-key.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import type { Claim } from '../pv-binder/binding.ts'
import { SELECTED_NODE } from '../pv-binder/binding.ts'
import { classNameOfClaim } from '../pv-binder/storage-class-of.ts'
import { planProvision, selectedNode, volumeName } from './provision-plan.ts'

/** Not a service account as other controllers have: the program gives it a user of its own. */
export const LOCAL_PROVISIONER_USER = 'local-provisioner'

/**
 * Makes volumes of directories below `directory` of the node where the first pod of a claim runs. The directory itself
 * is the node's business (src/kubelet/local-volumes), as is its removal.
 */
export function localProvisioner(directory: string): Controller {
  return {
    name: 'local-provisioner',
    user: LOCAL_PROVISIONER_USER,
    eventSource: LOCAL_PATH,
    watches: [watch('persistentVolumeClaims', itself)],
    reads: ['persistentVolumes', 'storageClasses', 'nodes'],
    reconcile: (key, deps) => reconcile(key, directory, deps),
  }
}

async function reconcile(key: ObjectName, directory: string, deps: ReconcileDeps): Promise<Outcome> {
  const { listers, events } = deps
  const claim = listers.persistentVolumeClaims.get(key)
  if (!claim || listers.persistentVolumes.get({ name: volumeName(claim) })) return settled
  const storageClass = listers.storageClasses.get({ name: classNameOfClaim(claim) })
  const node = listers.nodes.get({ name: selectedNode(claim) })
  const plan = planProvision(claim, { storageClass, node, directory })
  if (plan.action === 'make') await make(claim, plan.volume, deps)
  if (plan.action === 'refuse') {
    const message = `failed to provision volume with StorageClass "${classNameOfClaim(claim)}": ${plan.why}`
    events.warning(claim, 'ProvisioningFailed', message)
    if (plan.reschedule) await reschedule(claim, deps)
  }
  return settled
}

async function make(
  claim: Claim,
  volume: New<PersistentVolume>,
  { client, events, signal }: ReconcileDeps,
): Promise<void> {
  events.normal(claim, 'Provisioning', `External provisioner is provisioning volume for claim "${keyOf(claim)}"`)
  try {
    await client.persistentVolumes.create(volume, { signal })
  } catch (error) {
    if (hasReason(error, Reason.AlreadyExists)) return
    throw error
  }
  events.normal(claim, 'ProvisioningSucceeded', `Successfully provisioned volume ${volume.metadata.name}`)
}

/** Without the selected node the scheduler knows that its choice did not do. */
async function reschedule(claim: Claim, { client, signal }: ReconcileDeps): Promise<void> {
  const copy = editable<PersistentVolumeClaim>(claim)
  delete copy.metadata.annotations?.[SELECTED_NODE]
  await client.persistentVolumeClaims.update(copy, { signal })
}
