import { isDeepStrictEqual } from 'node:util'
import { expiryOf, servesFor, TOKEN_NAMESPACE, tokenOf } from '../../api/bootstrap-token.ts'
import { CLUSTER_INFO, CLUSTER_INFO_KUBECONFIG, isSignatureKey, signatureKey } from '../../api/cluster-info.ts'
import { signDetached } from '../../api/detached-signature.ts'
import type { ConfigMap, Secret } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { objectKey } from '../../client/object-key.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { settled, watch } from '../controller.ts'
import { isBootstrapToken } from './token-cleaner.ts'

const KEY = objectKey(CLUSTER_INFO)

/**
 * Signs what cluster-info says with every bootstrap token that is there for it, so that who has one can tell this cluster's
 * word from another's. Upstream: bootstrap-signer-controller.
 */
export const bootstrapSigner: Controller = {
  name: 'bootstrap-signer-controller',
  user: 'bootstrap-signer',
  watches: [
    watch('configMaps', ({ metadata }) => (objectKey(metadata) === KEY ? [KEY] : [])),
    watch('secrets', (secret) => (isBootstrapToken(secret) ? [KEY] : [])),
  ],
  reconcile,
}

async function reconcile(_key: ObjectName, { client, listers, clock, signal }: ReconcileDeps): Promise<Outcome> {
  const info = listers.configMaps.get(CLUSTER_INFO)
  if (!info) return settled
  const data = signedData(info.data ?? {}, listers.secrets.list(TOKEN_NAMESPACE), clock.now())
  if (isDeepStrictEqual(data, info.data)) return settled
  await client.configMaps.update({ ...editable<ConfigMap>(info), data }, { signal })
  return settled
}

/** The data with one signature for each token, and none of tokens that are gone. */
export function signedData(
  data: DeepReadonly<Record<string, string>>,
  secrets: Iterable<DeepReadonly<Secret>>,
  nowMs: number,
): Record<string, string> {
  const signed = Object.fromEntries(Object.entries(data).filter(([key]) => !isSignatureKey(key)))
  const content = data[CLUSTER_INFO_KUBECONFIG]
  if (content === undefined) return signed
  for (const secret of secrets) {
    const token = tokenOf(secret)
    if (!token || !servesFor(secret, 'signing') || expiryOf(secret) <= nowMs) continue
    signed[signatureKey(token.id)] = signDetached(content, token)
  }
  return signed
}
