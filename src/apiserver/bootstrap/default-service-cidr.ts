import { isDeepStrictEqual } from 'node:util'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { Condition } from '../../api/types/meta.v1.ts'
import type { ServiceCIDR } from '../../api/types/networking.v1.ts'
import { type Clock, timestamp } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { type DeepReadonly, editable } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { EventRecorder } from '../../client/events.ts'
import type { Informer } from '../../client/informer.ts'
import { serviceCidr } from './bootstrap-objects.ts'
import { ChangeLoop } from './change-loop.ts'

const NAME = 'kubernetes'

export interface DefaultServiceCidrDeps {
  /** Acts as componentUsers.apiserver. */
  readonly client: Client
  readonly serviceCidrs: Informer<ServiceCIDR>
  /** What the server was started with; the default family first. */
  readonly cidrs: readonly string[]
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Keeps the ServiceCIDR `kubernetes`: makes it again when it has gone, adds a second family, says that it is ready.
 * Upstream: kubernetes-service-cidr-controller.
 */
export class DefaultServiceCidr implements Component {
  readonly name = 'default-service-cidr'
  readonly #deps: DefaultServiceCidrDeps
  readonly #loop = new ChangeLoop()
  /** Reasons of the events written; each is worth one. */
  readonly #told = new Set<string>()

  constructor(deps: DefaultServiceCidrDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const changed = ({ metadata }: DeepReadonly<ServiceCIDR>) => {
      if (metadata.name === NAME) this.#loop.changed()
    }
    const stop = this.#deps.serviceCidrs.on({ updated: changed, deleted: changed })
    try {
      await this.#loop.run({ ...this.#deps, bring: (stopped) => this.#bring(stopped) }, signal)
    } finally {
      stop()
    }
  }

  async #bring(signal: AbortSignal): Promise<void> {
    const { client, cidrs } = this.#deps
    const current = await this.#current(signal)
    if (!current) {
      const created = await client.serviceCIDRs.create(serviceCidr(cidrs), { signal })
      return this.#sayReady(created, signal)
    }
    if (current.metadata.deletionTimestamp) return
    const present = current.spec?.cidrs ?? []
    if (cidrs.length === 2 && present.length === 1 && present[0] === cidrs[0]) return this.#addFamily(current, signal)
    if (!isDeepStrictEqual(present, [...cidrs])) {
      const message = `The default ServiceCIDR [${present.join(' ')}] does not match the controller flag configurations [${cidrs.join(' ')}]`
      return this.#tell(current, 'KubernetesDefaultServiceCIDRInconsistent', message)
    }
    await this.#sayReady(current, signal)
  }

  async #current(signal: AbortSignal): Promise<DeepReadonly<ServiceCIDR> | undefined> {
    try {
      return await this.#deps.client.serviceCIDRs.get({ name: NAME }, { signal })
    } catch (error) {
      if (hasReason(error, Reason.NotFound)) return undefined
      throw error
    }
  }

  async #addFamily(current: DeepReadonly<ServiceCIDR>, signal: AbortSignal): Promise<void> {
    const { client, cidrs } = this.#deps
    const next = editable<ServiceCIDR>(current)
    next.spec = { cidrs: [...cidrs] }
    try {
      await client.serviceCIDRs.update(next, { signal })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      const message = `The default ServiceCIDR can not be upgraded from ${cidrs[0]} to dual stack [${cidrs.join(' ')}] : ${why}`
      this.#tell(current, 'KubernetesDefaultServiceCIDRError', message)
      throw error
    }
  }

  /** Whatever somebody else has said of it stays. */
  async #sayReady(current: DeepReadonly<ServiceCIDR>, signal: AbortSignal): Promise<void> {
    const ready = current.status?.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status === 'False')
      return this.#tell(current, ready.reason, `Configuration matches, but ${ready.message}`)
    if (ready?.status === 'True') return
    const { client, clock } = this.#deps
    const next = editable<ServiceCIDR>(current)
    const others = (next.status?.conditions ?? []).filter(({ type }) => type !== 'Ready')
    const message = 'Kubernetes default Service CIDR is ready'
    const condition = { type: 'Ready', status: 'True', lastTransitionTime: timestamp(clock.now()), reason: '', message }
    next.status = { ...next.status, conditions: [...others, condition as Condition] }
    await client.serviceCIDRs.updateStatus(next, { signal })
  }

  #tell(subject: DeepReadonly<ServiceCIDR>, reason: string, message: string): void {
    if (this.#told.has(reason)) return
    this.#told.add(reason)
    this.#deps.events.warning(subject, reason, message)
  }
}
