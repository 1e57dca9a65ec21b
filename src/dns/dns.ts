import { readFile } from 'node:fs/promises'
import type { Namespace, Service } from '../api/types/core.v1.ts'
import type { EndpointSlice } from '../api/types/discovery.v1.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { Logger } from '../base/log.ts'
import type { Informer } from '../client/informer.ts'
import { AnswerCache } from './answer-cache.ts'
import { DnsServer } from './dns-server.ts'
import { nameserversOf, upstreamOf } from './forwarder.ts'
import { BY_ADDRESS, SLICES_OF_SERVICE } from './names.ts'
import { Resolver } from './resolver.ts'

export interface ClusterDnsDeps {
  readonly services: Informer<Service>
  readonly endpointSlices: Informer<EndpointSlice>
  readonly namespaces: Informer<Namespace>
  /** `cluster.local` */
  readonly domain: string
  /** The Service address that pods have in their resolv.conf: 10.96.0.10. */
  readonly clusterIP: string
  /** Tells the cluster that this node answers names, and at which port of `listenAddress`. Repeating it changes nothing. */
  announce(port: number, signal: AbortSignal): Promise<void>
  /** The address to listen on, when it exists: the node's in the pod network. */
  readonly listenAddress: Promise<string>
  /** The host's resolv.conf. */
  readonly resolvConf?: string
  readonly clock: Clock
  readonly log: Logger
}

const DNS_PORT = 53
const RETRY_MS = 2000

/** The cluster's name server. */
export class ClusterDns implements Component {
  readonly name = 'dns'
  readonly #deps: ClusterDnsDeps
  #problem: string | undefined = 'waiting for the pod network'

  constructor(deps: ClusterDnsDeps) {
    this.#deps = deps
    const { services, endpointSlices } = deps
    services.addIndex(BY_ADDRESS, ({ spec }) => spec.clusterIPs ?? [])
    endpointSlices.addIndex(BY_ADDRESS, ({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses))
    endpointSlices.addIndex(SLICES_OF_SERVICE, ({ metadata }) => {
      const service = metadata.labels?.['kubernetes.io/service-name']
      return service === undefined ? [] : [`${metadata.namespace}/${service}`]
    })
  }

  /** Undefined while names are served, else why not. */
  get problem(): string | undefined {
    return this.#problem
  }

  async run(signal: AbortSignal): Promise<void> {
    const { listenAddress, services, endpointSlices, namespaces } = this.#deps
    const stopped = new Promise<undefined>((resolve) =>
      signal.addEventListener('abort', () => resolve(undefined), { once: true }),
    )
    const address = await Promise.race([listenAddress, stopped])
    if (address === undefined) return
    await Promise.all([services, endpointSlices, namespaces].map((informer) => informer.whenSynced(signal)))
    await using server = await this.#listen(address)
    await this.#announce(server.port, signal)
    await stopped
  }

  /** Port 53 of the pod bridge, or any other when a server of the host holds port 53 on all addresses. */
  async #listen(address: string): Promise<DnsServer> {
    const { log } = this.#deps
    const resolver = await this.#resolver(address)
    try {
      return await DnsServer.listen({ address, port: DNS_PORT, resolver, log })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
      log.info('port 53 of the pod network is taken; DNS listens on another', { address })
      return DnsServer.listen({ address, port: 0, resolver, log })
    }
  }

  async #resolver(address: string): Promise<Resolver> {
    const {
      services,
      endpointSlices,
      namespaces,
      domain,
      clusterIP,
      clock,
      resolvConf = '/etc/resolv.conf',
    } = this.#deps
    const text = await readFile(resolvConf, 'utf8').catch(() => '')
    const view = {
      services: services.lister,
      endpointSlices: endpointSlices.lister,
      namespaceExists: (name: string) => namespaces.lister.get({ name }) !== undefined,
    }
    const askUpstream = upstreamOf(nameserversOf(text, [address, clusterIP]))
    return new Resolver({ view, domain, askUpstream, cache: new AnswerCache(clock) })
  }

  async #announce(port: number, signal: AbortSignal): Promise<void> {
    const { announce, clock, log } = this.#deps
    while (!signal.aborted) {
      try {
        await announce(port, signal)
        this.#problem = undefined
        return
      } catch (error) {
        this.#problem = `the cluster could not be told of this name server: ${(error as Error).message}`
        log.info('the cluster could not be told of this name server; trying again', { error })
        await clock.sleep(RETRY_MS, signal).catch(() => undefined)
      }
    }
  }
}
