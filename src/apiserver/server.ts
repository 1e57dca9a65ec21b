import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SecureContextOptions } from 'node:tls'
import { Feature, FeatureGates } from '../api/feature-gates.ts'
import { builtinResources } from '../api/kinds/index.ts'
import type { ResourceDefinition } from '../api/resource.ts'
import type { Clock } from '../base/clock.ts'
import type { Component } from '../base/component.ts'
import type { Logger } from '../base/log.ts'
import { Client } from '../client/clientset.ts'
import type { Transport } from '../client/transport.ts'
import type { Store } from '../store/store.ts'
import type { Aggregator } from './aggregation/aggregator.ts'
import type { Authenticator } from './authn/authenticator.ts'
import type { Authorizer } from './authz/authorizer.ts'
import { agentOf } from './bootstrap/component-agents.ts'
import { componentUsers } from './bootstrap/component-users.ts'
import { ConversionWebhook } from './crd/conversion-webhook.ts'
import { CustomResources } from './crd/custom-resources.ts'
import { DefinitionController } from './crd/definition-controller.ts'
import type { AdmissionChain } from './handler/admission.ts'
import type { Answer } from './handler/create-only.ts'
import { createHandler, type Handler } from './handler/handler.ts'
import type { HealthCheck } from './http/health.ts'
import { HttpsServer } from './http/https-server.ts'
import { ApiMetrics } from './http/metrics.ts'
import { Negotiation } from './http/negotiation.ts'
import { Pipeline } from './http/pipeline.ts'
import { PlainPaths } from './http/plain-paths.ts'
import { KubeletRelay, type KubeletTls } from './http/upgrade/kubelet-relay.ts'
import { upgradeRequest } from './http/upgrade/upgrade-request.ts'
import { inProcessTransport } from './in-process-transport.ts'
import { RegistryFieldManagers } from './managed-fields/registry-field-managers.ts'
import type { OpenApi } from './openapi/openapi.ts'
import { certificateRequestHooks } from './registry/certificate-request-hooks.ts'
import { Registry } from './registry/registry.ts'
import type { RuntimeConfig } from './registry/runtime-config.ts'
import { ServiceAllocators, type ServiceNetwork } from './registry/services/service-allocators.ts'
import { serviceHooks } from './registry/services/service-hooks.ts'
import type { StorageHooks } from './registry/storage-hooks.ts'
import type { UserInfo } from './request.ts'
import { WatchCaches } from './watch-cache/watch-caches.ts'
import { serviceResolver } from './webhooks/service-resolver.ts'

export interface Listen {
  readonly host: string
  readonly port: number
  readonly tls: SecureContextOptions
  /** Other threads listen there too, each for so many shares of the connections. */
  readonly portShares?: number
  /** Requests come in from when `listen` is called, not from when the server is ready. */
  readonly later?: boolean
}

export interface ApiServerOptions {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  readonly authenticator: Authenticator
  readonly authorizer: Authorizer
  readonly admission: AdmissionChain
  /** Who answers reviews and token requests; see `Answer` for the keys. */
  readonly answers?: Readonly<Record<string, Answer>>
  /** What kinds do around their writes, by `plural` or `plural.group`. */
  readonly hooks?: Readonly<Record<string, StorageHooks>>
  /** Where Services get addresses and node ports; without it they get none. */
  readonly serviceNetwork?: ServiceNetwork
  readonly definitions?: readonly ResourceDefinition[]
  readonly runtimeConfig?: RuntimeConfig
  readonly featureGates?: FeatureGates
  /** Without it the server is in-process only. */
  readonly listen?: Listen
  /** Group versions that other servers serve. */
  readonly aggregator?: Pick<Aggregator, 'find' | 'groupVersions' | 'openApi'>
  readonly kubeletTls?: () => KubeletTls | undefined
  /** Further conditions of /readyz, such as the bootstrap objects being there. */
  readonly readyChecks?: readonly HealthCheck[]
  /** Navarch's version. */
  readonly version?: string
}

/** The API server: put together here, run as one component. Its parts know nothing of each other's making. */
export class ApiServer implements Component {
  readonly name = 'apiserver'
  readonly registry: Registry
  readonly handler: Handler
  readonly authorizer: Authorizer
  readonly metrics: ApiMetrics
  readonly #options: ApiServerOptions
  readonly #negotiation: Negotiation
  readonly #caches: WatchCaches
  readonly #customResources: CustomResources
  readonly #https: HttpsServer | undefined
  /** Beside `#https`, on further addresses. */
  readonly #more: HttpsServer[] = []
  #openOn: ((host: string) => HttpsServer) | undefined
  readonly #ready = Promise.withResolvers<void>()
  #isReady = false
  #allocators: ServiceAllocators | undefined
  #isStopping = false

  constructor(options: ApiServerOptions) {
    const { store, clock, log, authorizer, admission, runtimeConfig, hooks } = options
    this.#options = options
    this.authorizer = authorizer
    const { featureGates = FeatureGates.defaults } = options
    this.#negotiation = new Negotiation({ cbor: featureGates.enabled(Feature.CBORServingAndStorage) })
    this.#caches = new WatchCaches({ store, clock, log })
    this.metrics = new ApiMetrics(featureGates.list(), () => this.#caches.pastBytes())
    this.registry = new Registry({
      definitions: options.definitions ?? builtinResources(),
      ...(runtimeConfig && { runtimeConfig }),
      hooks: { ...this.#ownHooks(options), ...hooks },
      store,
      clock,
      cacheOf: (definition, prefix) => this.#caches.cacheOf(definition, prefix),
    })
    this.#customResources = new CustomResources({
      registry: this.registry,
      store,
      clock,
      log,
      conversionOf: (definition) => new ConversionWebhook(definition, serviceResolver(this.registry)),
      cacheOf: (resource, prefix) => this.#caches.cacheOf(resource, prefix),
      dropCache: (prefix) => this.#caches.drop(prefix),
    })
    this.handler = createHandler({
      registry: this.registry,
      clock,
      admission,
      authorizer,
      fieldManagers: new RegistryFieldManagers({ registry: this.registry, clock }),
      answers: options.answers ?? {},
    })
    this.#https = options.listen && this.#createHttps(options.listen)
  }

  /** Serves until the signal aborts; then ends watches, waits for requests and closes. Rejects when the port is taken. */
  async run(signal: AbortSignal): Promise<void> {
    const caches = this.#caches.run(signal)
    caches.catch(() => {}) // awaited below; a failure while starting is reported by then
    await this.#restoreHooks(signal)
    const definitions = await this.#followDefinitions(signal)
    if (!this.#options.listen?.later) await this.listen()
    this.#isReady = true
    this.#ready.resolve()
    const stopped = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => stopped.resolve(), { once: true })
    if (signal.aborted) stopped.resolve()
    await Promise.race([stopped.promise, caches, definitions.running])
    this.#isStopping = true
    await Promise.all([this.#https, ...this.#more].map((https) => https?.close()))
    await caches
  }

  /** Resolves when requests are answered. */
  whenReady(): Promise<void> {
    return this.#ready.promise
  }

  /** Where it listens; throws without `listen`. */
  address(): AddressInfo {
    if (!this.#https) throw new Error('the API server does not listen')
    return this.#https.address()
  }

  /** Opens the port; rejects when it is taken. Called by `run`, unless `listen` in the options says later. */
  async listen(): Promise<void> {
    await this.#https?.listen()
  }

  /** Listens on a further address, at the same port. Rejects when that is taken, or without `listen`. */
  async alsoListen(host: string): Promise<void> {
    if (!this.#openOn) throw new Error('the API server does not listen')
    const https = this.#openOn(host)
    await https.listen()
    this.#more.push(https)
  }

  /** Where Services get addresses and node ports; undefined until the server runs, and without a service network. */
  get serviceAllocators(): ServiceAllocators | undefined {
    return this.#allocators
  }

  /** For components in this process, as this user. Usable from when `run` was called. */
  transport(user: UserInfo): Transport {
    return inProcessTransport(this, user, agentOf(user))
  }

  /** Serves with another certificate from now on. */
  renew(tls: SecureContextOptions): void {
    for (const https of [this.#https, ...this.#more]) https?.renew(tls)
  }

  #ownHooks({ serviceNetwork, store, log }: ApiServerOptions): Record<string, StorageHooks> {
    const hooks = { 'certificatesigningrequests.certificates.k8s.io': certificateRequestHooks as StorageHooks }
    if (!serviceNetwork) return hooks
    const allocators = (): ServiceAllocators => {
      const client = new Client(this.transport(componentUsers.apiserver))
      this.#allocators ??= new ServiceAllocators(serviceNetwork, { client, registry: this.registry, store, log })
      return this.#allocators
    }
    return { ...hooks, services: serviceHooks(allocators) as StorageHooks }
  }

  async #restoreHooks(signal: AbortSignal): Promise<void> {
    for (const { cache, hooks } of this.registry.storages) {
      if (!hooks.restore) continue
      await cache.ready(signal)
      await hooks.restore(cache.snapshot({}))
    }
  }

  /** Custom resources are served before the first request; the status of their definitions is kept while it runs. */
  async #followDefinitions(signal: AbortSignal): Promise<{ running: Promise<void> }> {
    const definitions = this.registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')
    if (!definitions?.storage) return { running: new Promise(() => {}) }
    const { clock, log } = this.#options
    await this.#customResources.follow(definitions.storage.cache, signal)
    const { handler } = this
    const controller = new DefinitionController({
      definitions,
      customResources: this.#customResources,
      handler,
      clock,
      log,
      user: componentUsers.apiserver,
    })
    return { running: controller.run(signal) }
  }

  #createHttps(listen: NonNullable<ApiServerOptions['listen']>): HttpsServer {
    const { authenticator, authorizer, clock, log, kubeletTls, aggregator } = this.#options
    const relay = new KubeletRelay(this.registry, kubeletTls ?? (() => undefined))
    const { handler, registry, metrics } = this
    const plainPaths = this.#plainPaths()
    const pipeline = new Pipeline({
      authenticator,
      authorizer,
      handler,
      registry,
      plainPaths,
      relay,
      negotiation: this.#negotiation,
      aggregator,
      metrics,
      clock,
      log,
    })
    this.#openOn = (host) =>
      new HttpsServer({
        ...listen,
        host,
        log,
        handle: (exchange) => pipeline.handle(exchange),
        upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) =>
          upgradeRequest(request, socket, head, { pipeline, relay, registry, aggregator, log }),
      })
    return this.#openOn(listen.host)
  }

  #plainPaths(): PlainPaths {
    const { store, version = '0.0.0', readyChecks = [], aggregator } = this.#options
    const ping: HealthCheck = { name: 'ping', check: () => undefined }
    const etcd: HealthCheck = { name: 'etcd', check: () => store.unhealthy() }
    const started: HealthCheck = { name: 'informer-sync', check: () => (this.#isReady ? undefined : 'starting') }
    const shutdown: HealthCheck = { name: 'shutdown', check: () => (this.#isStopping ? 'stopping' : undefined) }
    let openApi: Promise<OpenApi> | undefined
    return new PlainPaths({
      registry: this.registry,
      metrics: this.metrics,
      negotiation: this.#negotiation,
      version: { navarch: version },
      openApi: () => (openApi ??= loadOpenApi(this.registry, aggregator)),
      aggregator,
      liveChecks: [ping, etcd],
      readyChecks: [ping, etcd, started, ...readyChecks, shutdown],
      serverAddress: () => hostPort(this.address()),
    })
  }
}

/** Loaded when first asked for: it is large. */
async function loadOpenApi(registry: Registry, aggregator: ApiServerOptions['aggregator']): Promise<OpenApi> {
  const { OpenApi } = await import('./openapi/openapi.ts')
  return new OpenApi({
    served: () => registry.definitions,
    version: 'v1.36.0',
    ...(aggregator && { remote: () => aggregator.openApi.documents() }),
  })
}

const hostPort = ({ address, port, family }: AddressInfo): string =>
  family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`

export const createApiServer = (options: ApiServerOptions): ApiServer => new ApiServer(options)
