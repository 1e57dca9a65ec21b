import { expiryOf, TOKEN_NAMESPACE, TOKEN_SECRET_TYPE } from '../../api/bootstrap-token.ts'
import type { Secret } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'

/** Timers wait no longer than this. */
const LONGEST_WAIT_MS = 24 * 3_600_000

/** Deletes bootstrap tokens when they end. Upstream: token-cleaner-controller. */
export const tokenCleaner: Controller = {
  name: 'token-cleaner-controller',
  user: 'token-cleaner',
  watches: [watch('secrets', (secret) => (isBootstrapToken(secret) ? itself(secret) : []))],
  reconcile,
}

export const isBootstrapToken = ({ type, metadata }: DeepReadonly<Secret>): boolean =>
  type === TOKEN_SECRET_TYPE && metadata.namespace === TOKEN_NAMESPACE

async function reconcile(key: ObjectName, { client, listers, clock, signal }: ReconcileDeps): Promise<Outcome> {
  const secret = listers.secrets.get(key)
  if (!secret) return settled
  const left = expiryOf(secret) - clock.now()
  if (left === Number.POSITIVE_INFINITY) return settled
  if (left > 0) return after(Math.min(left, LONGEST_WAIT_MS))
  const preconditions = { uid: secret.metadata.uid }
  await client.secrets.delete(key, { preconditions, signal }).catch(ignoreNotFound)
  return settled
}
