import { NETWORK_CONFIG } from '../../api/cluster-info.ts'
import { hasReason, Reason, StatusError } from '../../api/status-error.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/log.ts'
import { Client } from '../../client/clientset.ts'
import { HttpsTransport } from '../../client/https-transport.ts'
import { CertificateRefused } from '../../client/request-certificate.ts'
import { SeveralServers } from '../../client/several-servers.ts'
import type { AgentConfig } from '../cluster/cluster-config.ts'
import { UsageError } from '../usage-error.ts'
import { NEW_TOKEN } from './discover-cluster.ts'
import type { JoinToken } from './join-token.ts'
import type { NodeCredentials } from './node-credentials.ts'
import { isTlsFault, reasonOf } from './reach-fault.ts'

export interface JoinDeps {
  readonly servers: readonly string[]
  readonly token: JoinToken
  /** The cluster's authority, which has been proved: PEM. */
  readonly ca: string
  readonly nodeName: string
  readonly credentials: NodeCredentials
  readonly clock: Clock
  readonly log: Logger
}

const JOINED_WITHIN_MS = 60_000

/**
 * Makes this host a node of the cluster: with the token it is given certificates, and told the cluster's networks. Throws a
 * UsageError with the remedy. Can be repeated.
 */
export async function joinAsNode(deps: JoinDeps, stopped: AbortSignal): Promise<AgentConfig['network']> {
  const { servers, ca, token, nodeName, credentials, clock, log } = deps
  const text = `${token.token.id}.${token.token.secret}`
  const open = (server: string): HttpsTransport =>
    new HttpsTransport({ server, ca, token: () => Promise.resolve(text) }, { retries: 0 })
  using connection = new SeveralServers({ servers, open, clock, log })
  const client = new Client(connection)
  const late = AbortSignal.timeout(JOINED_WITHIN_MS)
  const signal = AbortSignal.any([stopped, late])
  try {
    await requireFreeName(client, nodeName, signal)
    await credentials.obtain(client, signal)
    return await networkOf(credentials.clientOf(credentials.kubelet), signal)
  } catch (error) {
    throw stopped.aborted ? error : explained(error, deps, late.aborted)
  }
}

/** Another host's name would make two kubelets of one node. One that is not heard of may come back. */
async function requireFreeName(client: Client, name: string, signal: AbortSignal): Promise<void> {
  try {
    const { status } = await client.nodes.get({ name }, { signal })
    const ready = status.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status !== 'True') return
  } catch (error) {
    if (hasReason(error, Reason.NotFound)) return
    throw error
  }
  throw new UsageError(
    `the cluster has a node ${name} already, and it is Ready. Name this one differently with --node-name, or delete that one: kubectl delete node ${name}.`,
  )
}

async function networkOf(client: Client, signal: AbortSignal): Promise<AgentConfig['network']> {
  const { data = {} } = await client.configMaps.get(NETWORK_CONFIG, { signal })
  const { clusterCIDR = '', serviceCIDR = '', clusterDNS = '' } = data
  return { clusterCIDR, serviceCIDR, apiServiceIP: serviceCIDR.replace(/\.0\/\d+$/, '.1'), dnsIP: clusterDNS }
}

function explained(error: unknown, { servers, token, nodeName }: JoinDeps, isLate: boolean): unknown {
  const options = { cause: error }
  if (error instanceof UsageError) return error
  if (error instanceof CertificateRefused) {
    return new UsageError(`the cluster refuses a certificate to the node ${nodeName}: ${error.message}.`, options)
  }
  if (isLate) {
    return new UsageError(
      `the certificate of the node ${nodeName} was not signed in ${JOINED_WITHIN_MS / 1000} s. See 'kubectl get csr' whether one waits, approve it with 'kubectl certificate approve NAME', and that a server leads; then start again.`,
      options,
    )
  }
  if (hasReason(error, Reason.Unauthorized)) {
    return new UsageError(
      `the token ${token.token.id} does not let nodes in: it is wrong, has expired, or lacks the usage authentication. ${NEW_TOKEN}`,
      options,
    )
  }
  if (isTlsFault(error)) {
    return new UsageError(
      `${servers[0]} does not prove to be the cluster's server (${reasonOf(error)}). Use an address that its certificate has (--tls-san on the server), and check that nothing stands between.`,
      options,
    )
  }
  if (error instanceof StatusError) return new UsageError(`the cluster lets no node in: ${error.message}.`, options)
  return error
}
