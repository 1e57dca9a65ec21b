import { AddressRange } from '../../../api/addresses/address-range.ts'
import type { ApiObject } from '../../../api/resource.ts'
import { hasReason, Reason } from '../../../api/status-error.ts'
import type { Service } from '../../../api/types/core.v1.ts'
import type { IPAddress, ServiceCIDR } from '../../../api/types/networking.v1.ts'
import type { Clock } from '../../../base/clock.ts'
import { type Component, runTogether } from '../../../base/component.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Logger } from '../../../base/log.ts'
import type { Client } from '../../../client/clientset.ts'
import type { EventRecorder } from '../../../client/events.ts'
import type { Informer } from '../../../client/informer.ts'
import { keyOf, parseObjectKey } from '../../../client/object-key.ts'
import { WorkQueue } from '../../../client/work-queue.ts'
import { ipAddressObject } from './address-allocator.ts'
import { type AddressView, planAddressRepair, planServiceRepair, type RepairStep } from './address-repair-plan.ts'

export interface AddressRepairDeps {
  /** Acts as the API server itself. */
  readonly client: Pick<Client, 'ipAddresses' | 'services'>
  readonly services: Informer<Service>
  readonly ipAddresses: Informer<IPAddress>
  readonly serviceCidrs: Informer<ServiceCIDR>
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Keeps Services and IPAddresses telling the same, whoever changed one of them or whatever broke off between the two writes:
 * a Service's missing IPAddress is made, an IPAddress without its Service goes. Works on what changes, idle otherwise.
 * Upstream: ipallocator-repair-controller.
 */
export class AddressRepair implements Component {
  readonly name = 'ipallocator-repair'
  readonly #deps: AddressRepairDeps
  readonly #services: WorkQueue<string>
  readonly #addresses: WorkQueue<string>
  readonly #view: AddressView

  constructor(deps: AddressRepairDeps) {
    const { clock, services, ipAddresses, serviceCidrs } = deps
    this.#deps = deps
    this.#services = new WorkQueue({ clock })
    this.#addresses = new WorkQueue({ clock })
    this.#view = {
      get ranges() {
        const cidrs = serviceCidrs.lister.list().flatMap(({ spec }) => spec?.cidrs ?? [])
        return cidrs.map((cidr) => AddressRange.parse(cidr)).filter((range) => range !== undefined)
      },
      address: (name) => ipAddresses.lister.get({ name }),
      service: (name) => services.lister.get(name),
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    const { services, ipAddresses, serviceCidrs } = this.#deps
    await Promise.all([services, ipAddresses, serviceCidrs].map((informer) => informer.whenSynced(signal)))
    const stops = [this.#follow(services, this.#services), this.#follow(ipAddresses, this.#addresses)]
    try {
      await runTogether(
        [
          { name: 'services', run: (stop) => this.#work(this.#services, (key) => this.#repairService(key), stop) },
          { name: 'addresses', run: (stop) => this.#work(this.#addresses, (key) => this.#repairAddress(key), stop) },
        ],
        signal,
      )
    } finally {
      for (const stop of stops) stop()
      this.#services.clear()
      this.#addresses.clear()
    }
  }

  #follow<T extends ApiObject>(informer: Informer<T>, queue: WorkQueue<string>): () => void {
    const mark = (object: DeepReadonly<T>) => queue.add(keyOf(object as DeepReadonly<ApiObject>))
    return informer.on({ added: mark, updated: mark, deleted: mark })
  }

  async #work(queue: WorkQueue<string>, repair: (key: string) => Promise<void>, signal: AbortSignal): Promise<void> {
    for (let key = await queue.take(signal); key !== undefined; key = await queue.take(signal)) {
      try {
        await repair(key)
        queue.forget(key)
      } catch (error) {
        if (signal.aborted) return
        this.#deps.log.warn('addresses of Services could not be repaired yet', { key, error })
        queue.retry(key)
      } finally {
        queue.done(key)
      }
    }
  }

  /** The caches are asked first, because that is cheap; what they say is confirmed by the API before anything is done. */
  async #repairService(key: string): Promise<void> {
    const cached = this.#deps.services.lister.get(parseObjectKey(key))
    if (!cached || planServiceRepair(cached, this.#view).length === 0) return
    const service = await this.#newest('services', cached)
    if (!service) return
    const view = await this.#newestView(service.spec.clusterIPs ?? [])
    for (const step of planServiceRepair(service, view)) await this.#take(step, service)
  }

  async #repairAddress(name: string): Promise<void> {
    const cached = this.#deps.ipAddresses.lister.get({ name })
    if (!cached) return
    const plan = planAddressRepair(cached, this.#view, this.#deps.clock.now())
    if (!('action' in plan)) {
      if (plan.after !== undefined) this.#addresses.addAfter(name, plan.after)
      return
    }
    const { namespace = '', name: parent = '' } = cached.spec?.parentRef ?? {}
    const service = parent ? await this.#newest('services', { metadata: { namespace, name: parent } }) : undefined
    const step = planAddressRepair(cached, { ...this.#view, service: () => service }, this.#deps.clock.now())
    if ('action' in step) await this.#take(step, cached)
  }

  /** The same view, with the IPAddresses of these names, and their parents, as the API has them now. */
  async #newestView(addresses: readonly string[]): Promise<AddressView> {
    const objects = new Map<string, DeepReadonly<IPAddress> | undefined>()
    const parents = new Map<string, DeepReadonly<Service> | undefined>()
    for (const name of addresses) {
      const object = await this.#newest('ipAddresses', { metadata: { name } })
      objects.set(name, object)
      const parent = object?.spec?.parentRef
      if (!parent?.namespace) continue
      const at = { namespace: parent.namespace, name: parent.name }
      parents.set(keyOf({ metadata: at } as ApiObject), await this.#newest('services', { metadata: at }))
    }
    const { ranges } = this.#view
    return {
      ranges,
      address: (name) => objects.get(name),
      service: (name) => parents.get(keyOf({ metadata: name } as ApiObject)),
    }
  }

  async #newest<K extends 'services' | 'ipAddresses'>(
    kind: K,
    { metadata }: { readonly metadata: { readonly name: string; readonly namespace?: string | undefined } },
  ): Promise<DeepReadonly<K extends 'services' ? Service : IPAddress> | undefined> {
    try {
      return (await this.#deps.client[kind].get(metadata)) as DeepReadonly<K extends 'services' ? Service : IPAddress>
    } catch (error) {
      if (hasReason(error, Reason.NotFound)) return undefined
      throw error
    }
  }

  async #take({ action, address, warning }: RepairStep, subject: DeepReadonly<Service | IPAddress>): Promise<void> {
    const { client, events, log } = this.#deps
    if (warning) {
      const isService = subject.kind === 'Service'
      events.warning(
        subject,
        warning.reason,
        warning.message,
        isService ? 'ClusterIPAllocation' : 'IPAddressAllocation',
      )
      log.warn('addresses of Services do not fit', { address, reason: warning.reason, action })
    }
    if (action === 'tell') return
    if (action !== 'create') await client.ipAddresses.delete({ name: address }).catch(ignoreNotFound)
    if (action !== 'remove') await client.ipAddresses.create(ipAddressObject(address, ownerOf(subject)))
  }
}

const ownerOf = ({ metadata }: DeepReadonly<Service | IPAddress>) => ({
  namespace: (metadata as { namespace?: string }).namespace ?? '',
  name: metadata.name,
})

function ignoreNotFound(error: unknown): void {
  if (!hasReason(error, Reason.NotFound)) throw error
}
