import type { Service } from '../../../api/types/core.v1.ts'
import type { Clock } from '../../../base/clock.ts'
import type { Component } from '../../../base/component.ts'
import type { DeepReadonly } from '../../../base/deep-readonly.ts'
import type { Logger } from '../../../base/log.ts'
import type { Client } from '../../../client/clientset.ts'
import type { EventRecorder } from '../../../client/events.ts'
import type { PortAllocator } from './port-allocator.ts'
import { PortSet, rangeText } from './port-set.ts'
import { heldPorts } from './service-spec.ts'

export interface PortRepairDeps {
  /** Acts as the API server itself. */
  readonly client: Pick<Client, 'services'>
  readonly ports: PortAllocator
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Logger
}

/** Upstream: the interval of the repair. */
const INTERVAL_MS = 180_000
/** A port without a Service is freed when it has been found so often: until then the Service may still be coming. */
const FINDINGS = 3

/**
 * Brings the ports that are taken to those that Services have: at the start, and as long as some appear to have leaked or
 * somebody suspects so. Upstream: portallocator/controller, with its events.
 */
export class PortRepair implements Component {
  readonly name = 'portallocator-repair'
  readonly #deps: PortRepairDeps
  /** How often each port was found without a Service. */
  #leaks = new Map<number, number>()
  #suspected = true
  #wake = (): void => {}

  constructor(deps: PortRepairDeps) {
    this.#deps = deps
  }

  /** Something may have leaked. */
  suspect(): void {
    this.#suspected = true
    this.#wake()
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#deps
    signal.addEventListener('abort', () => this.#wake(), { once: true })
    while (!signal.aborted) {
      if (!this.#suspected) await new Promise<void>((resolve) => (this.#wake = resolve))
      if (signal.aborted) return
      this.#suspected = false
      try {
        await this.repair()
      } catch (error) {
        if (signal.aborted) return
        log.warn('node ports could not be repaired yet', { error })
        this.#suspected = true
      }
      if (!this.#suspected && this.#leaks.size === 0) continue
      this.#suspected = true
      await clock.sleep(INTERVAL_MS, signal).catch(() => log.debug('stopped between repairs'))
    }
  }

  /** One pass. */
  async repair(): Promise<void> {
    const { client, ports, log } = this.#deps
    const { items } = await client.services.list()
    const findings = await ports.update((stored) => {
      const found = examine(items, stored, ports.range, this.#leaks)
      for (const port of found.missing) stored.take(port)
      for (const port of found.freed) stored.release(port)
      return found
    })
    this.#leaks = findings.leaks
    for (const { service, reason, message } of findings.warnings) this.#deps.events.warning(service, reason, message)
    for (const port of findings.freed) log.warn('a node port had leaked and is free again', { port })
  }
}

interface Findings {
  readonly warnings: readonly { service: DeepReadonly<Service>; reason: string; message: string }[]
  /** Held by a Service and not taken. */
  readonly missing: readonly number[]
  /** Taken, by no Service, often enough. */
  readonly freed: readonly number[]
  readonly leaks: Map<number, number>
}

/** Compares what is taken with what Services hold. Pure. */
export function examine(
  services: readonly DeepReadonly<Service>[],
  stored: PortSet,
  range: PortAllocator['range'],
  before: ReadonlyMap<number, number>,
): Findings {
  const rebuilt = new PortSet(range)
  const warnings: Findings['warnings'][number][] = []
  const missing: number[] = []
  for (const service of services) {
    for (const port of heldPorts(service.spec)) {
      const warn = (reason: string, message: string) => warnings.push({ service, reason, message })
      if (!rebuilt.includes(port)) {
        const message = `Port ${port} is not within the port range ${rangeText(range)}; please recreate service`
        warn('PortOutOfRange', message)
      } else if (rebuilt.take(port) !== undefined) {
        warn('PortAlreadyAllocated', `Port ${port} was assigned to multiple services; please recreate service`)
      } else if (!stored.has(port)) {
        missing.push(port)
        warn('PortNotAllocated', `Port ${port} is not allocated; repairing`)
      }
    }
  }
  const leaks = new Map<number, number>()
  const freed: number[] = []
  for (const port of stored) {
    if (rebuilt.has(port)) continue
    const times = (before.get(port) ?? 0) + 1
    if (times > FINDINGS) freed.push(port)
    else leaks.set(port, times)
  }
  return { warnings, missing, freed, leaks }
}
