import type { BootstrapToken } from '../../api/bootstrap-token.ts'
import { CLUSTER_INFO, CLUSTER_INFO_KUBECONFIG, signatureKey } from '../../api/cluster-info.ts'
import { isSignedBy } from '../../api/detached-signature.ts'
import type { ConfigMap } from '../../api/types/core.v1.ts'
import type { Clock } from '../../base/clock.ts'
import { HttpsTransport } from '../../client/https-transport.ts'
import { UsageError } from '../usage-error.ts'
import { authorityHash, type JoinToken } from './join-token.ts'
import { reasonOf } from './reach-fault.ts'

const PATH = `/api/v1/namespaces/${CLUSTER_INFO.namespace}/configmaps/${CLUSTER_INFO.name}`
const ANSWER_MS = 5_000
/** A token that has just been made is signed with a moment later. */
const SIGNED_WITHIN_MS = 5_000
const LOOK_AGAIN_MS = 500

/**
 * The cluster's authority (PEM), by what the first server that answers says. It is believed when its hash is one of those in
 * the token and the token's secret has signed it; nothing secret is sent for that. Throws a UsageError with the remedy.
 */
export async function discoverAuthority(
  servers: readonly string[],
  { token, authorityHashes }: JoinToken,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string> {
  const deadline = clock.monotonic() + SIGNED_WITHIN_MS
  for (;;) {
    const { server, info } = await firstAnswer(servers, signal)
    const { authority, signature, content } = read(server, info, token)
    if (!authorityHashes.includes(authorityHash(authority))) {
      throw new UsageError(
        `${server} is not the cluster that the token is for: its authority is ${authorityHash(authority)}. Check --server and the token; somebody may stand between.`,
      )
    }
    if (signature !== undefined) {
      if (isSignedBy(content, signature, token)) return authority
      throw new UsageError(`the token ${token.id} is wrong: its secret is not the cluster's. ${NEW_TOKEN}`)
    }
    if (clock.monotonic() > deadline) {
      throw new UsageError(`the cluster knows no token ${token.id}: it is wrong or has expired. ${NEW_TOKEN}`)
    }
    await clock.sleep(LOOK_AGAIN_MS, signal)
  }
}

/** Ends every sentence about a token that will not do. */
export const NEW_TOKEN = "Make a new one on a server with 'navarch token create'."

type Answer = { readonly server: string; readonly info: ConfigMap }

async function firstAnswer(servers: readonly string[], signal: AbortSignal): Promise<Answer> {
  const faults: string[] = []
  for (const server of servers) {
    // Whoever answers is not known yet: it is told nothing, and what it says is proved by the token.
    using transport = new HttpsTransport({ server, insecure: true }, { retries: 0 })
    try {
      const info = await transport.get(PATH, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]))
      return { server, info: info as ConfigMap }
    } catch (error) {
      signal.throwIfAborted()
      faults.push(`${server}: ${reasonOf(error)}`)
    }
  }
  throw new UsageError(
    `no server of the cluster can be reached (${faults.join('; ')}). Check --server, and that the server runs and is not behind a firewall.`,
  )
}

function read(server: string, { data = {} }: ConfigMap, { id }: BootstrapToken) {
  const content = data[CLUSTER_INFO_KUBECONFIG] ?? ''
  const base64 = /certificate-authority-data"?\s*:\s*"?([A-Za-z0-9+/=]+)/.exec(content)?.[1]
  const authority = base64 && Buffer.from(base64, 'base64').toString()
  if (!authority?.includes('BEGIN CERTIFICATE')) {
    throw new UsageError(`${server} does not say what its authority is: it is no server that nodes can join.`)
  }
  return { content, authority, signature: data[signatureKey(id)] }
}
