import { hasReason, Reason } from '../../api/status-error.ts'
import type { ServiceAccount } from '../../api/types/core.v1.ts'
import type { New, ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'

const DEFAULT = 'default'

/** Every active namespace has a service account named `default`. Keys are namespaces. */
export const serviceAccountController: Controller = {
  name: 'serviceaccount-controller',
  user: 'service-account-controller',
  watches: [
    watch('namespaces', itself),
    watch('serviceAccounts', ({ metadata }) => (metadata.name === DEFAULT ? [metadata.namespace] : [])),
  ],
  reconcile,
}

async function reconcile(
  { name: namespace }: ObjectName,
  { client, listers, signal }: ReconcileDeps,
): Promise<Outcome> {
  const active = listers.namespaces.get({ name: namespace })?.status?.phase === 'Active'
  if (!active || listers.serviceAccounts.get({ name: DEFAULT, namespace })) return settled
  try {
    const account = { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { name: DEFAULT, namespace } }
    await client.serviceAccounts.create(account as New<ServiceAccount>, { signal })
  } catch (error) {
    if (!hasReason(error, Reason.AlreadyExists) && !isNamespaceTerminating(error)) throw error
  }
  return settled
}
