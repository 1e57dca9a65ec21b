import type { Service } from '../api/types/core.v1.ts'
import type { EndpointSlice } from '../api/types/discovery.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import type { Informer } from '../client/informer.ts'
import { baseRuleset } from './base-ruleset.ts'
import type { Fragment } from './fragment.ts'
import { emptyFragment, fragmentOf } from './fragment.ts'
import type { ApplyRuleset } from './nft.ts'
import { servicePorts } from './service-ports.ts'
import type { ForgetConnections } from './stale-connections.ts'
import { staleConnections } from './stale-connections.ts'
import { transactionText } from './transaction.ts'

export interface ServiceProxyDeps {
  readonly services: Informer<Service>
  readonly endpointSlices: Informer<EndpointSlice>
  readonly nodeName: string
  /** The nft table that is this proxy's alone. */
  readonly table: string
  readonly podCIDR: string
  readonly apply: ApplyRuleset
  readonly forget: ForgetConnections
  readonly clock: Clock
  readonly log: Logger
}

/** Changes that arrive within this time go into one transaction. */
const GATHER_MS = 10
const RETRY_MS = 1000
const SLICE_INDEX = 'service'

/**
 * Keeps the kernel's service forwarding equal to Services and EndpointSlices. The first transaction replaces the whole
 * table; later ones change only what belongs to Services that changed. After a failed one, the whole table is
 * written again.
 */
export class ServiceProxy implements Component {
  readonly name = 'proxy'
  readonly #deps: ServiceProxyDeps
  readonly #applied = new Map<string, Fragment>() // service key → what the kernel has
  readonly #dirty = new Set<string>() // service keys to look at
  #whole = true // the table is to be written from scratch
  #problem: string | undefined = 'starting'
  #wake = (): void => {}

  constructor(deps: ServiceProxyDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { services, endpointSlices } = this.#deps
    endpointSlices.addIndex(SLICE_INDEX, (slice) => serviceKeyOf(slice) ?? [])
    await Promise.all([services.whenSynced(signal), endpointSlices.whenSynced(signal)])
    const unsubscribe = [services.on(this.#marking(objectKey)), endpointSlices.on(this.#marking(serviceKeyOf))]
    try {
      while (!signal.aborted) await this.#round(signal)
    } finally {
      for (const stop of unsubscribe) stop()
    }
  }

  /** Undefined while the kernel follows the Services, else why it does not. */
  get problem(): string | undefined {
    return this.#problem
  }

  #marking<T>(keyOf: (object: DeepReadonly<T>) => readonly string[] | undefined) {
    const mark = (object: DeepReadonly<T>): void => {
      for (const key of keyOf(object) ?? []) this.#dirty.add(key)
      this.#wake()
    }
    return {
      added: mark,
      deleted: mark,
      updated: (object: DeepReadonly<T>, old: DeepReadonly<T>) => {
        mark(old)
        mark(object)
      },
    }
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    if (this.#dirty.size === 0 && !this.#whole) await this.#sleepUntilWoken(signal)
    if (signal.aborted) return
    await clock.sleep(GATHER_MS, signal).catch(() => undefined)
    if (signal.aborted) return
    try {
      await this.#sync(signal)
      this.#problem = undefined
    } catch (error) {
      if (signal.aborted) return
      this.#problem = (error as Error).message
      log.error('service rules could not be written; writing all of them again', { error })
      this.#whole = true
      await clock.sleep(RETRY_MS, signal).catch(() => undefined)
    }
  }

  #sleepUntilWoken(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done)
        this.#wake = () => {}
        resolve()
      }
      this.#wake = done
      signal.addEventListener('abort', done, { once: true })
    })
  }

  async #sync(signal: AbortSignal): Promise<void> {
    const { apply, forget, table, services } = this.#deps
    const whole = this.#whole
    if (whole) this.#startOver(services.lister.list().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))
    const keys = [...this.#dirty]
    this.#dirty.clear()
    const changes = keys.map((key) => ({ key, from: this.#applied.get(key) ?? emptyFragment, to: this.#wanted(key) }))
    const text = (whole ? baseRuleset(table) : '') + transactionText(table, changes)
    if (text !== '') await apply(text, signal)
    this.#whole = false
    for (const { key, to } of changes) this.#remember(key, to)
    await forget(staleConnections(changes), signal)
  }

  #startOver(keys: readonly string[]): void {
    this.#applied.clear()
    for (const key of keys) this.#dirty.add(key)
  }

  #remember(key: string, fragment: Fragment): void {
    if (fragment.chains.size === 0 && fragment.elements.size === 0) this.#applied.delete(key)
    else this.#applied.set(key, fragment)
  }

  #wanted(key: string): Fragment {
    const { services, endpointSlices, nodeName, podCIDR } = this.#deps
    const [namespace = '', name = ''] = key.split('/')
    const service = services.lister.get({ namespace, name })
    if (!service) return emptyFragment
    return fragmentOf(servicePorts(service, endpointSlices.lister.by(SLICE_INDEX, key), nodeName), podCIDR)
  }
}

function objectKey({ metadata }: DeepReadonly<Service>): string[] {
  return [`${metadata.namespace}/${metadata.name}`]
}

function serviceKeyOf({ metadata }: DeepReadonly<EndpointSlice>): string[] | undefined {
  const service = metadata.labels?.['kubernetes.io/service-name']
  return service === undefined ? undefined : [`${metadata.namespace}/${service}`]
}
