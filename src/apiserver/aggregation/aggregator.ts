import { isDeepStrictEqual } from 'node:util'
import { hasReason, Reason } from '../../api/status-error.ts'
import type { APIService } from '../../api/types/apiregistration.v1.ts'
import type { Service } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { APIResourceList } from '../../api/types/meta.v1.ts'
import { type Clock, timestamp } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { Informer } from '../../client/informer.ts'
import { ChangeLoop } from '../bootstrap/change-loop.ts'
import type { RemoteVersion } from '../discovery/remote.ts'
import type { KeyPair } from '../pki/pki.ts'
import { LOCAL, withAvailability } from './availability.ts'
import { type CheckResult, checkBackend } from './check.ts'
import { RemoteOpenApi } from './remote-openapi.ts'
import { RemoteService } from './remote-service.ts'

export interface AggregatorDeps {
  /** Acts as componentUsers.apiserver. */
  readonly client: Client
  readonly apiServices: Informer<APIService>
  readonly services: Informer<Service>
  readonly endpointSlices: Informer<EndpointSlice>
  readonly frontProxy: () => KeyPair
  readonly clock: Clock
  readonly log: Logger
}

/** Who serves a group version, if it is another server, and whether that could be reached last. */
export interface Delegation {
  readonly remote: RemoteService
  readonly available: boolean
}

interface Entry extends Delegation {
  available: boolean
  resources?: APIResourceList
  failures: number
}

/** Upstream's resync; also the longest wait after failures. */
const RECHECK_MS = 30_000
const FIRST_RETRY_MS = 1000
const SERVICE_NAME = 'kubernetes.io/service-name'

/**
 * The group versions that APIServices delegate to other servers. Looks after their condition Available: when they or their
 * Services change, and every 30 s while there are any; without any it does nothing. Upstream: kube-aggregator.
 */
export class Aggregator implements Component {
  readonly name = 'aggregator'
  readonly openApi = new RemoteOpenApi()
  readonly #deps: AggregatorDeps
  readonly #loop = new ChangeLoop()
  /** Delegated group versions by `group/version`. */
  readonly #entries = new Map<string, Entry>()
  /** Names of APIServices to be looked at. */
  readonly #due = new Set<string>()
  #shown: readonly RemoteVersion[] | undefined
  #cancelTimer: (() => void) | undefined

  constructor(deps: AggregatorDeps) {
    this.#deps = deps
  }

  find(group: string, version: string): Delegation | undefined {
    return this.#entries.size === 0 ? undefined : this.#entries.get(`${group}/${version}`)
  }

  /** All that is delegated; a new array whenever something changed. */
  get groupVersions(): readonly RemoteVersion[] {
    this.#shown ??= [...this.#entries.values()].map(({ remote: { spec }, available, resources }) => ({
      group: spec.group as string,
      version: spec.version as string,
      groupPriority: spec.groupPriorityMinimum,
      versionPriority: spec.versionPriority,
      available,
      ...(resources && { resources }),
    }))
    return this.#shown
  }

  async run(signal: AbortSignal): Promise<void> {
    const stops = this.#listen()
    try {
      await this.#loop.run({ ...this.#deps, bring: (stop) => this.#checkDue(stop) }, signal)
    } finally {
      for (const stop of stops) stop()
      this.#cancelTimer?.()
      for (const { remote } of this.#entries.values()) remote[Symbol.dispose]()
    }
  }

  #listen(): (() => void)[] {
    const { apiServices, services, endpointSlices } = this.#deps
    const ofService = ({ metadata }: DeepReadonly<Service>) => this.#serviceChanged(metadata.namespace, metadata.name)
    const ofSlice = ({ metadata }: DeepReadonly<EndpointSlice>) =>
      this.#serviceChanged(metadata.namespace, metadata.labels?.[SERVICE_NAME])
    return [
      apiServices.on({
        added: (service) => this.#set(service),
        updated: (service) => this.#set(service),
        deleted: (service) => this.#drop(service),
      }),
      services.on({ added: ofService, updated: ofService, deleted: ofService }),
      endpointSlices.on({ added: ofSlice, updated: ofSlice, deleted: ofSlice }),
    ]
  }

  /** Our own writes change no spec and therefore cause no new look. */
  #set(service: DeepReadonly<APIService>): void {
    const { group = '', version = '' } = service.spec
    const key = `${group}/${version}`
    const known = this.#entries.get(key)
    if (known && isDeepStrictEqual(known.remote.spec, service.spec)) return
    if (known) this.#forget(key, known)
    if (service.spec.service) {
      const { services, endpointSlices, frontProxy } = this.#deps
      const listers = { services: services.lister, endpointSlices: endpointSlices.lister }
      this.#entries.set(key, {
        remote: new RemoteService(service, { listers, frontProxy }),
        available: false,
        failures: 0,
      })
      this.#shown = undefined
    }
    if (service.spec.service || withAvailability(service, LOCAL, '')) this.#mark(service.metadata.name as string)
  }

  #drop({ spec: { group = '', version = '' } }: DeepReadonly<APIService>): void {
    const known = this.#entries.get(`${group}/${version}`)
    if (known) this.#forget(`${group}/${version}`, known)
  }

  #forget(key: string, { remote }: Entry): void {
    this.#entries.delete(key)
    this.#shown = undefined
    this.openApi.drop(remote.path)
    remote[Symbol.dispose]()
  }

  #serviceChanged(namespace: string | undefined, name: string | undefined): void {
    for (const { remote } of this.#entries.values()) {
      if (remote.target.namespace === namespace && remote.target.name === name) this.#mark(remote.name)
    }
  }

  #mark(name: string): void {
    this.#due.add(name)
    this.#loop.changed()
  }

  async #checkDue(signal: AbortSignal): Promise<void> {
    const names = [...this.#due]
    this.#due.clear()
    const results = await Promise.allSettled(names.map((name) => this.#check(name, signal)))
    this.#plan()
    for (const [at, result] of results.entries()) {
      if (result.status === 'fulfilled') continue
      this.#due.add(names[at] as string)
      throw result.reason
    }
  }

  async #check(name: string, signal: AbortSignal): Promise<void> {
    const service = this.#deps.apiServices.lister.get({ name })
    if (!service) return
    const { group = '', version = '' } = service.spec
    const entry = this.#entries.get(`${group}/${version}`)
    if (!entry) return this.#tell(service, LOCAL, signal)
    const result = await checkBackend(entry.remote, signal)
    this.#note(entry, result)
    if (result.available) await this.openApi.update(entry.remote, this.#deps.log, signal)
    await this.#tell(service, result, signal)
  }

  #note(entry: Entry, { available, resources }: CheckResult): void {
    entry.failures = available ? 0 : entry.failures + 1
    const isNew = entry.available !== available || (resources && !isDeepStrictEqual(resources, entry.resources))
    entry.available = available
    if (resources) entry.resources = resources
    if (isNew) this.#shown = undefined
  }

  async #tell(service: DeepReadonly<APIService>, result: CheckResult, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#deps
    const changed = withAvailability(service, result, timestamp(clock.now()))
    if (!changed) return
    try {
      await client.apiServices.updateStatus(changed, { signal })
    } catch (error) {
      if (!hasReason(error, Reason.NotFound)) throw error // deleted meanwhile: nothing to say any more
    }
  }

  /** One timer for all: soon while some fail, else the regular look. */
  #plan(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    if (this.#entries.size === 0) return
    const waits = [...this.#entries.values()].map(({ failures }) =>
      failures === 0 ? RECHECK_MS : Math.min(RECHECK_MS, FIRST_RETRY_MS * 2 ** (failures - 1)),
    )
    this.#cancelTimer = this.#deps.clock.after(Math.min(...waits), () => {
      for (const { remote } of this.#entries.values()) this.#mark(remote.name)
    })
  }
}
