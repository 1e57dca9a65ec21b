import type { Node } from '../api/types/core.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { Logger } from '../base/log.ts'
import type { Informer } from '../client/informer.ts'
import { gatewayOf } from './addressing.ts'
import type { RunHostCommand } from './host-command.ts'
import type { HostNetwork } from './host-network.ts'
import { prepareHost } from './host-network.ts'

export interface PodNetworkDeps {
  readonly nodes: Informer<Node>
  readonly nodeName: string
  readonly host: Omit<HostNetwork, 'podCIDR'>
  readonly run: RunHostCommand
  readonly clock: Clock
  readonly log: Logger
}

const RETRY_MS = 2000

/** Prepares this node's pod network as soon as its pod CIDR is known, and again when that changes. */
export class PodNetwork implements Component {
  readonly name = 'pod-network'
  readonly #deps: PodNetworkDeps
  #ready = Promise.withResolvers<string>()
  #problem: string | undefined = 'waiting for the pod CIDR of the node'

  constructor(deps: PodNetworkDeps) {
    this.#deps = deps
  }

  /** Resolves with the node's address in the pod network when pods can be attached. */
  whenReady(): Promise<string> {
    return this.#ready.promise
  }

  /** Undefined while pods can be attached, else why not. */
  get problem(): string | undefined {
    return this.#problem
  }

  async run(signal: AbortSignal): Promise<void> {
    let prepared: string | undefined
    while (!signal.aborted) {
      const podCIDR = await this.#nextCIDR(prepared, signal)
      if (podCIDR !== undefined && (await this.#prepare(podCIDR, signal))) prepared = podCIDR
    }
  }

  async #prepare(podCIDR: string, signal: AbortSignal): Promise<boolean> {
    const { host, run, clock, log } = this.#deps
    try {
      await prepareHost({ ...host, podCIDR }, run)
      this.#ready.resolve(gatewayOf(podCIDR))
      this.#problem = undefined
      return true
    } catch (error) {
      this.#problem = (error as Error).message
      log.error('the pod network could not be prepared; trying again', { error, podCIDR })
      await clock.sleep(RETRY_MS, signal).catch(() => undefined)
      return false
    }
  }

  /** Waits for a pod CIDR other than the one prepared; undefined when the signal aborts. */
  #nextCIDR(prepared: string | undefined, signal: AbortSignal): Promise<string | undefined> {
    const { nodes, nodeName } = this.#deps
    return new Promise((resolve) => {
      const finish = (value: string | undefined): void => {
        signal.removeEventListener('abort', stop)
        queueMicrotask(() => unsubscribe())
        resolve(value)
      }
      const stop = (): void => finish(undefined)
      const look = (): void => {
        const podCIDR = nodes.lister.get({ name: nodeName })?.spec.podCIDR
        if (podCIDR && podCIDR !== prepared) finish(podCIDR)
      }
      signal.addEventListener('abort', stop, { once: true })
      const unsubscribe = nodes.on({ added: look, updated: look })
    })
  }
}
