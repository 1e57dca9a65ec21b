import type { Lease } from '../../api/types/coordination.v1.ts'
import type { Node } from '../../api/types/core.v1.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'

export const LEASE_NAMESPACE = 'kube-node-lease'

interface Sign {
  /** Of the Ready condition; we never write it. */
  readonly heartbeat: string | undefined
  readonly seenMs: number
}

/**
 * When each kubelet last showed that it lives, by our own clock: a node's clock is not trusted. `#signs` has exactly the
 * nodes that are registered; renewals of others' leases are not kept.
 */
export class SignsOfLife {
  readonly #signs = new Map<string, Sign>() // node → its newest sign

  has(node: string): boolean {
    return this.#signs.has(node)
  }

  /** A lease was renewed: costs no more than noting it. */
  renewed({ metadata: { namespace, name } }: DeepReadonly<Lease>, nowMs: number): void {
    const sign = this.#signs.get(name)
    if (sign && namespace === LEASE_NAMESPACE) this.#signs.set(name, { ...sign, seenMs: nowMs })
  }

  /** Takes the node's own heartbeat into account and says when its last sign of life was seen. */
  lastSeenMs({ metadata, status }: DeepReadonly<Node>, nowMs: number): number {
    const heartbeat = status?.conditions?.find(({ type }) => type === 'Ready')?.lastHeartbeatTime
    const known = this.#signs.get(metadata.name)
    if (known && known.heartbeat === heartbeat) return known.seenMs
    this.#signs.set(metadata.name, { heartbeat, seenMs: nowMs })
    return nowMs
  }

  forget(node: string): boolean {
    return this.#signs.delete(node)
  }
}
