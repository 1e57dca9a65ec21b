import type { ObjectName } from '../../client/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../controller.ts'
import { after, itself, settled, watch } from '../controller.ts'
import { ignoreNotFound } from '../ignore-not-found.ts'
import { CidrAllocator } from './cidr-allocator.ts'

const NODE_BITS = 24
const FULL_RETRY_MS = 30_000

/**
 * Gives each node a /24 of the cluster CIDR as `spec.podCIDR` (upstream: node-ipam-controller). What nodes have is taken
 * over on the first reconcile, before anything is given out: a restart changes nothing.
 */
export function nodeIpamController(clusterCidr = '10.244.0.0/16'): Controller {
  const allocator = new CidrAllocator(clusterCidr, NODE_BITS)
  let takenOver = false
  return {
    name: 'node-ipam-controller',
    user: 'node-controller',
    eventSource: 'cidrAllocator',
    workers: 1,
    watches: [watch('nodes', itself)],
    reconcile(key, deps) {
      if (!takenOver) takeOver(allocator, deps)
      takenOver = true
      return reconcile(key, allocator, deps)
    },
  }
}

function takeOver(allocator: CidrAllocator, { listers, log }: ReconcileDeps): void {
  for (const { metadata, spec } of listers.nodes.list()) {
    for (const cidr of spec.podCIDRs ?? []) {
      if (!allocator.occupy(cidr, metadata.name)) log.warn('two nodes have one pod CIDR', { node: metadata.name, cidr })
    }
  }
}

async function reconcile(key: ObjectName, allocator: CidrAllocator, deps: ReconcileDeps): Promise<Outcome> {
  const { client, listers, events, signal } = deps
  const node = listers.nodes.get(key)
  if (!node) {
    allocator.release(key.name)
    return settled
  }
  if (node.spec.podCIDR) {
    allocator.occupy(node.spec.podCIDR, key.name)
    return settled
  }
  const podCIDR = allocator.allocate(key.name)
  if (podCIDR === undefined) {
    const subject = { kind: 'Node', apiVersion: 'v1', name: key.name, uid: node.metadata.uid }
    events.normal(subject, 'CIDRNotAvailable', `Node ${key.name} status is now: CIDRNotAvailable`)
    return after(FULL_RETRY_MS)
  }
  const body = { spec: { podCIDR, podCIDRs: [podCIDR] } }
  await client.nodes.patch(key, { type: 'strategic', body }, { signal }).catch(ignoreNotFound)
  return settled
}
