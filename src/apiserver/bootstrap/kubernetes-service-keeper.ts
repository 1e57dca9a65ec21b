import type { Endpoints, Service } from '../../api/types/core.v1.ts'
import type { EndpointSlice } from '../../api/types/discovery.v1.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import type { DeepReadonly } from '../../base/deep-readonly.ts'
import type { Logger } from '../../base/log.ts'
import type { Client } from '../../client/clientset.ts'
import type { Informer } from '../../client/informer.ts'
import type { ApiServers } from './api-servers.ts'
import { ChangeLoop } from './change-loop.ts'
import { ensureKubernetesService } from './kubernetes-service.ts'

export interface KeeperDeps {
  /** First address of the service range: 10.96.0.1. */
  readonly clusterIp: string
  readonly servers: ApiServers
  /** Acts as componentUsers.apiserver. */
  readonly client: Client
  readonly services: Informer<Service>
  readonly endpoints: Informer<Endpoints>
  readonly endpointSlices: Informer<EndpointSlice>
  readonly clock: Clock
  readonly log: Logger
}

/**
 * Keeps the Service `kubernetes` and its endpoints as they should be, whoever changes or deletes them and whichever API
 * servers come and go.
 */
export class KubernetesServiceKeeper implements Component {
  readonly name = 'kubernetes-service'
  readonly #deps: KeeperDeps
  readonly #loop = new ChangeLoop()

  constructor(deps: KeeperDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { services, endpoints, endpointSlices, servers } = this.#deps
    const changed = ({ metadata }: DeepReadonly<Service | Endpoints | EndpointSlice>) => {
      if (metadata.name === 'kubernetes' && metadata.namespace === 'default') this.#loop.changed()
    }
    const handler = { updated: changed, deleted: changed }
    const stops = [
      services.on(handler),
      endpoints.on(handler),
      endpointSlices.on(handler),
      servers.onChange(() => this.#loop.changed()),
    ]
    try {
      await this.#loop.run({ ...this.#deps, bring: (stopped) => this.#bring(stopped) }, signal)
    } finally {
      for (const stop of stops) stop()
    }
  }

  async #bring(signal: AbortSignal): Promise<void> {
    const { client, clusterIp, servers, log } = this.#deps
    const alive = await servers.alive()
    const odd = alive.filter(({ port }) => port !== alive[0]?.port)
    if (odd.length > 0) log.warn('servers of one cluster need the same --port; these are left out', { servers: odd })
    await ensureKubernetesService(client, { clusterIp, servers: alive }, signal)
  }
}
