import type { Endpoints, Service } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { Informer } from '../../client/informer.ts'
import { ChangeLoop } from './change-loop.ts'
import type { KubernetesServiceOptions } from './kubernetes-service.ts'
import { ensureKubernetesService } from './kubernetes-service.ts'

export interface KeeperDeps extends KubernetesServiceOptions {
  /** Acts as componentUsers.apiserver. */
  readonly client: Client
  readonly services: Informer<Service>
  readonly endpoints: Informer<Endpoints>
  readonly endpointSlices: Informer<EndpointSlice>
  readonly clock: Clock
  readonly log: Logger
}

/** Keeps the Service `kubernetes` and its endpoints as they should be, whoever changes or deletes them. */
export class KubernetesServiceKeeper implements Component {
  readonly name = 'kubernetes-service'
  readonly #deps: KeeperDeps
  readonly #loop = new ChangeLoop()

  constructor(deps: KeeperDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { services, endpoints, endpointSlices } = this.#deps
    const changed = ({ metadata }: DeepReadonly<Service | Endpoints | EndpointSlice>) => {
      if (metadata.name === 'kubernetes' && metadata.namespace === 'default') this.#loop.changed()
    }
    const handler = { updated: changed, deleted: changed }
    const stops = [services.on(handler), endpoints.on(handler), endpointSlices.on(handler)]
    try {
      const bring = (stopped: AbortSignal) => ensureKubernetesService(this.#deps.client, this.#deps, stopped)
      await this.#loop.run({ ...this.#deps, bring }, signal)
    } finally {
      for (const stop of stops) stop()
    }
  }
}
