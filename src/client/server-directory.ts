import type { EndpointSlice } from '../api/types/discovery.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { DeepReadonly } from '../base/deep-readonly.ts'
import type { Logger } from '../base/log.ts'
import type { Client } from './clientset.ts'
import type { SeveralServers } from './several-servers.ts'

export interface ServerDirectoryDeps {
  /** By way of `servers`. */
  readonly client: Pick<Client, 'endpointSlices'>
  readonly servers: Pick<SeveralServers, 'use'>
  readonly clock: Clock
  readonly log: Logger
}

const RETRY_MS = 2_000
const KUBERNETES = { namespace: 'default', labelSelector: 'kubernetes.io/service-name=kubernetes' }

/** Tells a transport which API servers there are: the endpoints of the Service `kubernetes`. */
export class ServerDirectory implements Component {
  readonly name = 'server-directory'
  readonly #deps: ServerDirectoryDeps

  constructor(deps: ServerDirectoryDeps) {
    this.#deps = deps
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, servers, clock, log } = this.#deps
    while (!signal.aborted) {
      try {
        for await (const { type, object } of client.endpointSlices.watch(KUBERNETES, signal)) {
          if (type === 'ADDED' || type === 'MODIFIED') servers.use(urlsOf(object))
        }
      } catch (error) {
        if (!signal.aborted) log.info('the API servers are not watched now', { error })
      }
      await clock.sleep(RETRY_MS, signal).catch(() => undefined) // aborted: the loop ends
    }
  }
}

function urlsOf({ endpoints, ports }: DeepReadonly<EndpointSlice>): string[] {
  const port = ports?.find(({ name }) => name === 'https')?.port ?? 443
  const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses)
  return addresses.map((address) => `https://${address.includes(':') ? `[${address}]` : address}:${port}`)
}
