import { hasReason, Reason } from '../../api/status-error.ts'
import type { ConfigMap } from '../../api/types/core.v1.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { New, ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import { isNamespaceTerminating } from '../namespace-terminating.ts'

const NAME = 'kube-root-ca.crt'
const DESCRIPTION = 'kubernetes.io/description'
const DESCRIPTION_TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal ' +
  'service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** Keeps the ConfigMap `kube-root-ca.crt` with `rootCa` (PEM) in every active namespace. Keys are namespaces. */
export function rootCaPublisher(rootCa: string): Controller {
  return {
    name: 'root-ca-certificate-publisher-controller',
    user: 'root-ca-cert-publisher',
    watches: [
      watch('namespaces', itself),
      watch('configMaps', ({ metadata }) => (metadata.name === NAME ? [metadata.namespace] : [])),
    ],
    reconcile: (key, deps) => reconcile(key, rootCa, deps),
  }
}

async function reconcile({ name }: ObjectName, rootCa: string, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, signal } = deps
  if (listers.namespaces.get({ name })?.status?.phase !== 'Active') return settled
  const metadata = { name: NAME, namespace: name, annotations: { [DESCRIPTION]: DESCRIPTION_TEXT } }
  const wanted: New<ConfigMap> = { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { 'ca.crt': rootCa } }
  const current = listers.configMaps.get({ name: NAME, namespace: name })
  if (!current) {
    await client.configMaps.create(wanted, { signal }).catch(tolerate)
    return settled
  }
  const { data, metadata: present } = editable<ConfigMap>(current)
  const same = data?.['ca.crt'] === rootCa && Object.keys(data).length === 1 && present.annotations?.[DESCRIPTION]
  if (same) return settled
  const annotations = { ...present.annotations, ...metadata.annotations }
  await client.configMaps.update({ ...wanted, metadata: { ...present, annotations } }, { signal })
  return settled
}

function tolerate(error: unknown): void {
  if (!hasReason(error, Reason.AlreadyExists) && !isNamespaceTerminating(error)) throw error
}
