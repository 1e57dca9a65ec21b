import { isDeepStrictEqual } from 'node:util'
import { AddressRange } from '../../api/addresses/address-range.ts'
import { parseAddress } from '../../api/addresses/ip-address.ts'
import { groupsOfPart, NODE_PARTS, type NodePart } from '../../api/node-parts.ts'
import type { CertificateSigningRequest } from '../../api/types/certificates.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, itself, settled, watch } from '../controller.ts'
import { SERVICE_NAME_LABEL } from '../endpointslice/slice-writes.ts'
import type { RequestContent } from './request-content.ts'
import { requestContent } from './request-content.ts'
import { isPending, withCondition } from './request-state.ts'
import { refusal, Signer } from './signers.ts'

type Request = DeepReadonly<CertificateSigningRequest>

export interface NodeCertificateOptions {
  /** Whether an address is the API server's, by its own certificate: nobody else may serve there. */
  isApiServer(address: string): boolean
  readonly serviceCIDR: string
}

const NODES = 'system:nodes'
const NODE_PREFIX = 'system:node:'
/** A node asks for its serving certificate when it registers: its addresses may follow a moment later. */
const LOOK_AGAIN_MS = 1_000
const ADDRESSES_WITHIN_MS = 5 * 60_000

/**
 * Approves what nodes ask for beside their kubelet's client certificate: that of their kubelet's HTTPS server, for addresses
 * that are this node's and nobody else's, and those of the node's other parts (`NODE_PARTS`). What it does not approve waits
 * for an administrator. Upstream approves neither by itself (ADR 29).
 */
export function nodeCertificateApproval(options: NodeCertificateOptions): Controller {
  return {
    name: 'node-certificate-approving-controller',
    user: 'node-certificate-approver',
    watches: [watch('certificateSigningRequests', itself)],
    reads: ['nodes', 'endpointSlices'],
    reconcile: (key, deps) => reconcile(key, options, deps),
  }
}

async function reconcile(key: ObjectName, options: NodeCertificateOptions, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, clock, signal } = deps
  const request = listers.certificateSigningRequests.get(key)
  const node = request && nodeOf(request)
  if (!node || !isPending(request)) return settled
  const { signerName, usages = [] } = request.spec
  if (signerName !== Signer.KubeletServing && signerName !== Signer.ApiServerClient) return settled
  const content = await requestContent(request.spec.request)
  if (refusal(signerName, content, usages)) return settled
  if (signerName === Signer.KubeletServing && !knowsAddresses(node, deps)) {
    const age = clock.now() - Date.parse(request.metadata.creationTimestamp)
    return age < ADDRESSES_WITHIN_MS ? after(LOOK_AGAIN_MS) : settled
  }
  const isGood =
    signerName === Signer.ApiServerClient ? isNodePart(node, content) : isOwnServer(node, content, options, deps)
  if (!isGood) return settled
  const message = 'Auto approving certificate of a node after a look at its Node.'
  const approved = withCondition(request, { type: 'Approved', reason: 'AutoApproved', message }, clock.now())
  await client.certificateSigningRequests.updateSubresource(key, 'approval', approved, { signal })
  return settled
}

/** The node that asks; undefined when it is somebody else. */
function nodeOf({ spec }: Request): string | undefined {
  const { username = '', groups = [] } = spec
  return username.startsWith(NODE_PREFIX) && groups.includes(NODES) ? username.slice(NODE_PREFIX.length) : undefined
}

function isNodePart(node: string, { commonName, organizations, names }: RequestContent): boolean {
  const part = (Object.keys(NODE_PARTS) as NodePart[]).find((name) => NODE_PARTS[name] === commonName)
  return (
    part !== undefined && isDeepStrictEqual([...organizations], [...groupsOfPart(part, node)]) && names.length === 0
  )
}

function addressesOf(node: string, { listers }: ReconcileDeps): string[] {
  const addresses = listers.nodes.get({ name: node })?.status.addresses ?? []
  return addresses.filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP').map(({ address }) => address)
}

const knowsAddresses = (node: string, deps: ReconcileDeps): boolean => addressesOf(node, deps).length > 0

/** Names are never approved: a node could call itself what clients call the API server. */
function isOwnServer(
  node: string,
  { commonName, names }: RequestContent,
  { isApiServer, serviceCIDR }: NodeCertificateOptions,
  deps: ReconcileDeps,
): boolean {
  const own = new Set(addressesOf(node, deps))
  const foreign = foreignAddresses(node, deps)
  const services = AddressRange.parse(serviceCIDR)
  const isGood = (address: string): boolean => {
    const parsed = parseAddress(address)
    return (
      parsed !== undefined &&
      own.has(address) &&
      !foreign.has(address) &&
      !isApiServer(address) &&
      services?.contains(parsed) !== true
    )
  }
  return commonName === `${NODE_PREFIX}${node}` && names.every(({ type, value }) => type === 'ip' && isGood(value))
}

/** Addresses of other nodes, and of every API server. */
function foreignAddresses(node: string, deps: ReconcileDeps): ReadonlySet<string> {
  const { nodes, endpointSlices } = deps.listers
  const others = nodes.list().filter(({ metadata }) => metadata.name !== node)
  const servers = endpointSlices
    .list('default')
    .filter(({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === 'kubernetes')
    .flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses))
  return new Set([...others.flatMap(({ metadata }) => addressesOf(metadata.name, deps)), ...servers])
}
