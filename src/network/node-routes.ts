import type { Node } from '../api/types/core.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { Logger } from '../base/log.ts'
import type { Informer } from '../client/informer.ts'
import { HostCommandError, type RunHostCommand } from './host-command.ts'
import { type PeerRoute, parseRoutes, peerRoutes, planRoutes } from './peer-routes.ts'

export interface NodeRoutesDeps {
  readonly nodes: Informer<Node>
  readonly nodeName: string
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
 * Keeps host routes to the pods of all other nodes, by way of their addresses. Those have to be on a link of this host: a
 * router between two nodes knows nothing of pods. Routes stay when it stops, as pods do.
 */
export class NodeRoutes implements Component {
  readonly name = 'node-routes'
  readonly #deps: NodeRoutesDeps
  #applied: string | undefined
  #failed: ReadonlyMap<string, string> = new Map() // by node address: the kernel's words
  #wake = (): void => {}

  constructor(deps: NodeRoutesDeps) {
    this.#deps = deps
  }

  /** Undefined while there is a route to every node, else to which there is none. */
  get problem(): string | undefined {
    if (this.#failed.size === 0) return undefined
    return `no route to pods of ${[...this.#failed.keys()].join(', ')}: nodes have to be on one link`
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
    const text = JSON.stringify(wanted)
    if (!again && text === this.#applied) return
    const listing = await run('ip', ['-j', 'route', 'show', 'root', clusterCIDR, 'proto', ROUTE_PROTOCOL])
    const { add, remove } = planRoutes(wanted, parseRoutes(listing))
    for (const { podCIDR } of remove) await run('ip', ['route', 'delete', podCIDR, 'proto', ROUTE_PROTOCOL])
    this.#failed = await this.#add(add)
    this.#applied = text
  }

  async #add(routes: readonly PeerRoute[]): Promise<ReadonlyMap<string, string>> {
    const { run, log } = this.#deps
    const failed = new Map<string, string>()
    for (const { podCIDR, via } of routes) {
      try {
        await run('ip', ['route', 'replace', podCIDR, 'via', via, 'proto', ROUTE_PROTOCOL])
      } catch (error) {
        if (!(error instanceof HostCommandError)) throw error
        failed.set(via, error.message)
        if (!this.#failed.has(via)) log.warn('there is no route to the pods of a node', { podCIDR, via, error })
      }
    }
    return failed
  }
}
