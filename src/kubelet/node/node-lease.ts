import { hasReason, Reason } from '../../api/status-error.ts'
import type { Lease } from '../../api/types/coordination.v1.ts'
import type { Clock } from '../../base/clock.ts'
import { microTimestamp } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'

const NAMESPACE = 'kube-node-lease'
const DURATION_SECONDS = 40
/** Upstream: a quarter of the duration. */
const RENEW_MS = 10_000
const RETRY_MS = 1000

export interface NodeLeaseDeps {
  readonly client: Pick<Client, 'leases'>
  readonly nodeName: string
  /** The node's uid, once it is registered: the lease goes when the node does. */
  nodeUid(): string | undefined
  readonly clock: Clock
  readonly log: Logger
}

/** Renews this node's lease every 10 s: how the control plane knows that the kubelet is alive (KEP-589). */
export class NodeLease implements Component {
  readonly name = 'node-lease'
  readonly #deps: NodeLeaseDeps
  #lease: DeepReadonly<Lease> | undefined

  constructor(deps: NodeLeaseDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    while (!signal.aborted) {
      const renewed = await this.#renew(signal).then(
        () => true,
        (error) => {
          this.#lease = undefined
          log.warn('the node lease could not be renewed', { error })
          return false
        },
      )
      await clock.sleep(renewed ? RENEW_MS : RETRY_MS, signal).catch(() => log.debug('the node lease is given up'))
    }
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { leases } = this.#deps.client
    if (this.#lease) {
      const lease = editable(this.#lease) as Lease
      lease.spec = { ...lease.spec, renewTime: microTimestamp(this.#deps.clock.now()) }
      this.#lease = await leases.update(lease, { signal })
      return
    }
    try {
      this.#lease = await leases.get({ namespace: NAMESPACE, name: this.#deps.nodeName }, { signal })
      await this.#renew(signal)
    } catch (error) {
      if (!hasReason(error, Reason.NotFound)) throw error
      this.#lease = await leases.create(this.#newLease(), { signal })
    }
  }

  #newLease() {
    const { nodeName: name, nodeUid, clock } = this.#deps
    const uid = nodeUid()
    const ownerReferences = uid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name, uid }]
    return {
      metadata: { name, namespace: NAMESPACE, ...(uid !== undefined && { ownerReferences }) },
      spec: { holderIdentity: name, leaseDurationSeconds: DURATION_SECONDS, renewTime: microTimestamp(clock.now()) },
    }
  }
}
