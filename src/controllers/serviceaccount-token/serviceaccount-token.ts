import type { Secret, ServiceAccount } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import { keyOf } from '../../client/object-key.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'

const TOKEN_TYPE = 'kubernetes.io/service-account-token'
const ACCOUNT_NAME = 'kubernetes.io/service-account.name'
const ACCOUNT_UID = 'kubernetes.io/service-account.uid'

export interface TokenSecretOptions {
  /** Goes into `ca.crt`, PEM. */
  readonly rootCa: string
  /** Signs the claims of a JSON web token with the service account key. */
  sign(claims: Readonly<Record<string, string>>): Promise<string>
}

/**
 * Fills in secrets of type service-account-token, for those who still make them, and removes those of accounts that are
 * gone (upstream: serviceaccount-token-controller, which acts as the controller manager itself).
 */
export function serviceAccountTokenController(options: TokenSecretOptions): Controller {
  return {
    name: 'serviceaccount-token-controller',
    user: 'kube-controller-manager',
    watches: [
      watch('secrets', (secret) => (secret.type === TOKEN_TYPE ? itself(secret) : [])),
      watch('serviceAccounts', (account, { listers }) => {
        const secrets = listers.secrets.list(account.metadata.namespace)
        return secrets.filter((secret) => names(secret, account)).map(keyOf)
      }),
    ],
    reconcile: (key, deps) => reconcile(key, options, deps),
  }
}

const names = ({ type, metadata }: DeepReadonly<Secret>, account: DeepReadonly<ServiceAccount>): boolean =>
  type === TOKEN_TYPE && metadata.annotations?.[ACCOUNT_NAME] === account.metadata.name

async function reconcile(key: ObjectName, options: TokenSecretOptions, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, signal } = deps
  const secret = listers.secrets.get(key)
  const name = secret?.metadata.annotations?.[ACCOUNT_NAME]
  if (secret?.type !== TOKEN_TYPE || !name) return settled
  const account = await accountOf(name, key, deps)
  if (!account || !refersTo(secret, account)) {
    const { uid, resourceVersion } = secret.metadata
    await client.secrets.delete(key, { preconditions: { uid, resourceVersion }, signal }).catch(ignoreNotFound)
    return settled
  }
  const data = await completed(secret, account, options)
  if (!data) return settled
  const copy = editable<Secret>(secret)
  const annotations = { ...copy.metadata.annotations, [ACCOUNT_UID]: account.metadata.uid }
  await client.secrets.update({ ...copy, metadata: { ...copy.metadata, annotations }, data }, { signal })
  return settled
}

/** The cache may not show an account that was made a moment ago: absence is asked of the API. */
async function accountOf(name: string, { namespace }: ObjectName, { client, listers, signal }: ReconcileDeps) {
  const at = { name, namespace }
  return listers.serviceAccounts.get(at) ?? client.serviceAccounts.get(at, { signal }).catch(ignoreNotFound)
}

function refersTo({ metadata }: DeepReadonly<Secret>, account: DeepReadonly<ServiceAccount>): boolean {
  const uid = metadata.annotations?.[ACCOUNT_UID]
  return !uid || uid === account.metadata.uid
}

/** The secret's data with what was missing, or undefined when it is complete. */
async function completed(
  secret: DeepReadonly<Secret>,
  account: DeepReadonly<ServiceAccount>,
  { rootCa, sign }: TokenSecretOptions,
): Promise<Record<string, string> | undefined> {
  const { namespace, name } = secret.metadata
  const fixed = { 'ca.crt': base64(rootCa), namespace: base64(namespace) }
  const data = secret.data ?? {}
  const complete =
    data.token && data['ca.crt'] === fixed['ca.crt'] && data.namespace && secret.metadata.annotations?.[ACCOUNT_UID]
  if (complete) return undefined
  const token = data.token ?? base64(await sign(claimsOf(namespace, name, account)))
  return { ...data, ...fixed, token }
}

const claimsOf = (namespace: string, secret: string, { metadata }: DeepReadonly<ServiceAccount>) => ({
  iss: 'kubernetes/serviceaccount',
  sub: `system:serviceaccount:${namespace}:${metadata.name}`,
  'kubernetes.io/serviceaccount/namespace': namespace,
  'kubernetes.io/serviceaccount/secret.name': secret,
  'kubernetes.io/serviceaccount/service-account.name': metadata.name,
  'kubernetes.io/serviceaccount/service-account.uid': metadata.uid,
})

const base64 = (text: string): string => Buffer.from(text).toString('base64')
