import type { Node } from '../api/types/core.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { Logger } from '../base/log.ts'
import type { Informer } from '../client/informer.ts'
import { HostCommandError, type RunHostCommand } from './host-command.ts'
import { type PeerRoute, parseRoutes, peerRoutes, planRoutes } from './peer-routes.ts'
import { Tunnels } from './tunnels.ts'

export interface NodeRoutesDeps {
  readonly nodes: Informer<Node>
  readonly nodeName: string
  /** This node's address. */
  readonly address: string
  readonly bridge: string
  readonly clusterCIDR: string
  readonly run: RunHostCommand
  readonly clock: Clock
  readonly log: Logger
}

/** Marks our routes (rtnetlink's rtm_protocol); numbers up to 127 have owners by convention. */
export const ROUTE_PROTOCOL = '177'
/** An interface that goes down takes its routes along, and nothing tells of it. */
const LOOK_MS = 30_000

/**
 * Keeps host routes to the pods of all other nodes: by way of their addresses where those are on a link of this host, else
 * through tunnels, since a router between two nodes knows nothing of pods. Routes stay when it stops, as pods do.
 */
export class NodeRoutes implements Component {
  readonly name = 'node-routes'
  readonly #deps: NodeRoutesDeps
  #applied: string | undefined
  #tunnels: Tunnels | undefined
  /** Node addresses by pod CIDR, of those that are reached through a tunnel. */
  readonly #tunnelled = new Map<string, string>()
  #failed: ReadonlyMap<string, string> = new Map() // by node address: the kernel's words
  #wake = (): void => {}

  constructor(deps: NodeRoutesDeps) {
    this.#deps = deps
  }

  /** Undefined while there is a route to every node, else to which there is none. */
  get problem(): string | undefined {
    if (this.#failed.size === 0) return undefined
    return `no route to the pods of ${[...this.#failed].map(([via, why]) => `${via} (${why})`).join(', ')}`
  }

  async run(signal: AbortSignal): Promise<void> {
    const { nodes, clock, log } = this.#deps
    await nodes.whenSynced(signal)
    const look = (): void => this.#wake()
    const unsubscribe = nodes.on({ added: look, updated: look, deleted: look })
    try {
      for (let again = true; !signal.aborted; ) {
        const changed = new Promise<false>((resolve) => (this.#wake = () => resolve(false)))
        await this.#keep(again).catch((error) => log.warn('routes to other nodes could not be set', { error }))
        const stop = new AbortController()
        const due = clock.sleep(LOOK_MS, AbortSignal.any([signal, stop.signal])).then(
          () => true,
          () => true,
        )
        again = await Promise.race([changed, due])
        stop.abort()
      }
    } finally {
      unsubscribe()
    }
  }

  /** `again`: also when the nodes say what they said before. */
  async #keep(again: boolean): Promise<void> {
    const { nodes, nodeName, clusterCIDR, run } = this.#deps
    const wanted = peerRoutes(nodes.lister.list(), nodeName)
    const text = JSON.stringify([wanted, this.#ownCIDR()])
    if (!again && text === this.#applied) return
    const listing = await run('ip', ['-j', 'route', 'show', 'root', clusterCIDR, 'proto', ROUTE_PROTOCOL])
    const { add, remove } = planRoutes(wanted, parseRoutes(listing, this.#tunnelled))
    for (const { podCIDR } of remove) await this.#remove(podCIDR)
    this.#failed = await this.#add(add)
    this.#applied = text
  }

  async #remove(podCIDR: string): Promise<void> {
    await this.#deps.run('ip', ['route', 'delete', podCIDR, 'proto', ROUTE_PROTOCOL])
    if (this.#tunnelled.delete(podCIDR)) await this.#tunnels?.remove(podCIDR)
  }

  async #add(routes: readonly PeerRoute[]): Promise<ReadonlyMap<string, string>> {
    const { log } = this.#deps
    const failed = new Map<string, string>()
    for (const route of routes) {
      const { podCIDR, via } = route
      try {
        await this.#reach(route)
      } catch (error) {
        if (!(error instanceof HostCommandError)) throw error
        failed.set(via, error.message)
        if (!this.#failed.has(via)) log.warn('there is no route to the pods of a node', { podCIDR, via, error })
      }
    }
    return failed
  }

  /** Whether an address is on a link the kernel knows best: it refuses other gateways. */
  async #reach(route: PeerRoute): Promise<void> {
    const { podCIDR, via } = route
    const { run, log } = this.#deps
    const direct = run('ip', ['route', 'replace', podCIDR, 'via', via, 'proto', ROUTE_PROTOCOL])
    const refusal = await direct.then(
      () => undefined,
      (error: Error) => error,
    )
    if (!refusal) {
      if (this.#tunnelled.delete(podCIDR)) await this.#tunnels?.remove(podCIDR)
      return
    }
    const tunnels = this.#ownTunnels()
    if (!(refusal instanceof HostCommandError) || !tunnels) throw refusal
    await tunnels.add(route, ROUTE_PROTOCOL)
    if (!this.#tunnelled.has(podCIDR)) log.info('the pods of a node are reached through a tunnel', { podCIDR, via })
    this.#tunnelled.set(podCIDR, via)
  }

  #ownCIDR(): string | undefined {
    const { nodes, nodeName } = this.#deps
    return nodes.lister.get({ name: nodeName })?.spec.podCIDR
  }

  /** Undefined as long as this node has no part of the pods' addresses, from which its end of the tunnels is named. */
  #ownTunnels(): Tunnels | undefined {
    const podCIDR = this.#ownCIDR()
    if (podCIDR && podCIDR !== this.#tunnels?.podCIDR) this.#tunnels = new Tunnels({ ...this.#deps, podCIDR })
    return this.#tunnels
  }
}
