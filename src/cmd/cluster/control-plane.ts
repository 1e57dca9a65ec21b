import { randomUUID, X509Certificate } from 'node:crypto'
import { hostname } from 'node:os'
import type { FeatureGates } from '../../api/feature-gates.ts'
import { createAdmission } from '../../apiserver/admission/index.ts'
import { Aggregator } from '../../apiserver/aggregation/aggregator.ts'
import { CustomRegistration } from '../../apiserver/aggregation/registration.ts'
import { onlyServer } from '../../apiserver/bootstrap/api-servers.ts'
import { componentUsers } from '../../apiserver/bootstrap/component-users.ts'
import { DefaultServiceCidr } from '../../apiserver/bootstrap/default-service-cidr.ts'
import { ensureBootstrapObjects } from '../../apiserver/bootstrap/ensure-objects.ts'
import { KubernetesServiceKeeper } from '../../apiserver/bootstrap/kubernetes-service-keeper.ts'
import { ensureLocalStorageClass } from '../../apiserver/bootstrap/local-storage-class.ts'
import { ServerIdentity } from '../../apiserver/bootstrap/server-identity.ts'
import { ServerLeases } from '../../apiserver/bootstrap/server-leases.ts'
import { discoverServed } from '../../apiserver/discovery/discover-served.ts'
import type { Pki } from '../../apiserver/pki/pki.ts'
import { AddressRepair } from '../../apiserver/registry/services/address-repair.ts'
import { PortRepair } from '../../apiserver/registry/services/port-repair.ts'
import type { UserInfo } from '../../apiserver/request.ts'
import type { ApiServer } from '../../apiserver/server.ts'
import { createApiServer } from '../../apiserver/server.ts'
import type { Clock } from '../../base/clock.ts'
import type { Component } from '../../base/component.ts'
import { runTogether, runUpon } from '../../base/component.ts'
import type { Logger } from '../../base/log.ts'
import { orAborted } from '../../base/or-aborted.ts'
import { Client } from '../../client/clientset.ts'
import type { Elected } from '../../client/elected.ts'
import { EventWriter } from '../../client/events.ts'
import type { Informers } from '../../client/informers.ts'
import { createInformers } from '../../client/informers.ts'
import type { LeaderElectionTimes } from '../../client/leader-election-times.ts'
import type { Transport } from '../../client/transport.ts'
import type { Store } from '../../store/store.ts'
import type { ClusterNetwork } from './cluster-config.ts'
import type * as Parts from './control-plane-parts.ts'
import { electParts } from './elect-parts.ts'
import { createIdentity, legacyTokenSigner } from './identity.ts'

export interface ControlPlaneOptions {
  readonly store: Store
  /** Forgets the store's past. */
  readonly compactor: Component
  readonly pki: Pki
  readonly host: string
  readonly port: number
  /** Other threads listen at the same address, each for so many shares of the connections. */
  readonly portShares?: number
  /** A further API server of a cluster whose other parts run elsewhere. */
  readonly apiOnly?: boolean
  readonly network: ClusterNetwork
  /** Where nodes that join reach this server: `https://HOST:PORT`. Needed unless `apiOnly`. */
  readonly publicServer?: string
  /** Where nodes keep volumes of the class `local`; absent: there is no such class. */
  readonly localVolumesDir?: string
  readonly runtimeConfig: Readonly<Record<string, boolean>>
  readonly featureGates: FeatureGates
  /** How controllers and scheduler elect a leader among several servers; absent: this server is the only one. */
  readonly election?: LeaderElectionTimes
  readonly version: string
  readonly clock: Clock
  readonly log: Logger
}

/**
 * API server, controllers and scheduler in one process. Each part acts as a user of its own and meets the others only
 * through the API.
 */
export class ControlPlane implements Component {
  readonly name = 'control-plane'
  readonly server: ApiServer
  readonly #options: ControlPlaneOptions
  readonly #client: Client
  readonly #informers: Informers
  readonly #aggregator: Aggregator
  readonly #started = Promise.withResolvers<void>()
  /** Upstream's form; one for all leases of this process. */
  readonly #identity = `${hostname()}_${randomUUID()}`
  readonly #elected = new Map<string, Elected>()
  #bootstrapped = false

  constructor(options: ControlPlaneOptions) {
    const { store, pki, host, port, portShares, runtimeConfig, featureGates, version, clock, log } = options
    this.#options = options
    this.#client = this.clientFor(componentUsers.apiserver)
    this.#informers = createInformers(this.#client, { clock, log })
    const client = this.#client
    const informers = this.#informers
    const { authenticator, authorizer, rbac, answers } = createIdentity({ pki, client, informers, clock })
    const admission = createAdmission({ client, authorizer, rbac, clock, ...admissionListers(informers) })
    const { apiServices, services, endpointSlices } = informers
    const frontProxy = () => pki.frontProxyClient
    this.#aggregator = new Aggregator({ client, apiServices, services, endpointSlices, frontProxy, clock, log })
    this.server = createApiServer({
      aggregator: this.#aggregator,
      store,
      clock,
      log,
      authenticator,
      authorizer,
      admission,
      answers,
      version,
      runtimeConfig,
      featureGates,
      listen: {
        host,
        port,
        tls: servingTls(pki),
        ...(portShares !== undefined && { portShares }),
        later: options.apiOnly ?? false, // the kernel sends it connections that others could serve
      },
      serviceNetwork: { cidrs: [options.network.serviceCIDR], nodePorts: NODE_PORTS },
      kubeletTls: () => ({ ...pki.kubeletClient, ca: pki.authority('ca') }),
      readyChecks: [{ name: 'poststarthook/bootstrap', check: () => (this.#bootstrapped ? undefined : 'starting') }],
    })
    pki.onRenewed(() => this.server.renew(servingTls(pki)))
  }

  /** A client in this process that acts as this user. */
  clientFor(user: UserInfo): Client {
    return new Client(this.#transportFor(user))
  }

  /** May be had before the server is. */
  #transportFor(user: UserInfo): Transport {
    const transport = (): Transport => this.server.transport(user)
    return {
      call: (request, signal) => transport().call(request, signal),
      watch: (request, signal) => transport().watch(request, signal),
    }
  }

  /** Resolves when the API answers and what every cluster has is there. */
  whenReady(): Promise<void> {
    return this.#started.promise
  }

  /** Whether another server has been elected to run this part: `kube-scheduler`. */
  standsBy(name: string): boolean {
    return this.#elected.get(name)?.isLeading === false
  }

  async run(signal: AbortSignal): Promise<void> {
    const { compactor, pki } = this.#options
    const rest: Component = { name: 'control-plane-parts', run: (stop) => this.#runParts(stop) }
    await runUpon([this.server, this.#informers, compactor, pki], rest, signal)
  }

  /** Publishes where pods find the API servers: the endpoints of the Service `kubernetes`. */
  kubernetesService(address: string, port: number): Component {
    const { network, store, clock, log } = this.#options
    const { services, endpoints, endpointSlices } = this.#informers
    const leases = store.isShared ? new ServerLeases({ store, address, port, clock, log }) : undefined
    const servers = leases ?? onlyServer({ address, port })
    const deps = { client: this.#client, servers, services, endpoints, endpointSlices, clock, log }
    const keeper = new KubernetesServiceKeeper({ ...deps, clusterIp: network.apiServiceIP })
    if (!leases) return keeper
    return { name: keeper.name, run: (signal) => runTogether([leases, keeper], signal) }
  }

  async #runParts(signal: AbortSignal): Promise<void> {
    const { pki, network, publicServer = '', apiOnly } = this.#options
    await orAborted(this.server.whenReady(), signal)
    if (apiOnly) return this.#runApiAlone(signal)
    const served = this.server.registry.definitions.filter(({ model }) => !model)
    const authorities = { clusterCa: pki.authority('ca'), frontProxyCa: pki.authority('front-proxy-ca') }
    await ensureBootstrapObjects(
      { client: this.#client, ...authorities, server: publicServer, network, served },
      signal,
    )
    if (this.#options.localVolumesDir) await ensureLocalStorageClass(this.#client, signal)
    await this.#rolesKnown(signal)
    this.#bootstrapped = true
    this.#started.resolve()
    const elected = await import('./control-plane-parts.ts') // a seventh of all files, and not needed to answer
    const parts = [this.#apiRegistration(), this.#services(), this.#controllers(elected), this.#scheduler(elected)]
    await runTogether(parts.flat(), signal)
  }

  async #runApiAlone(signal: AbortSignal): Promise<void> {
    await this.#rolesKnown(signal)
    this.#bootstrapped = true
    await this.server.listen()
    this.#started.resolve()
    await this.#aggregator.run(signal)
  }

  #apiRegistration(): Component[] {
    const { store, clock, log } = this.#options
    const { registry } = this.server
    const client = this.#client
    const renewMs = store.isShared ? SHARED_RENEW_MS : SOLE_RENEW_MS
    return [
      this.#aggregator,
      new CustomRegistration({ client, apiServices: this.#informers.apiServices, registry, clock, log }),
      new ServerIdentity({ client, hostname: hostname(), renewMs, clock, log }),
    ]
  }

  /** Keeps the addresses and ports of Services right. */
  #services(): Component[] {
    const { clock, log, network } = this.#options
    const { services, ipAddresses, serviceCIDRs: serviceCidrs } = this.#informers
    const client = this.#client
    const writer = (component: string) => new EventWriter({ client, component, clock, log })
    const allocators = this.server.serviceAllocators
    if (!allocators) return []
    const [cidrEvents, addressEvents, portEvents] = [
      writer('kubernetes-service-cidr-controller'),
      writer('ipallocator-repair-controller'),
      writer('portallocator-repair-controller'),
    ]
    const portRepair = new PortRepair({ client, ports: allocators.ports, events: portEvents, clock, log })
    allocators.onSuspicion(() => portRepair.suspect())
    return [
      new DefaultServiceCidr({ client, serviceCidrs, cidrs: [network.serviceCIDR], events: cidrEvents, clock, log }),
      new AddressRepair({ client, services, ipAddresses, serviceCidrs, events: addressEvents, clock, log }),
      portRepair,
      cidrEvents,
      addressEvents,
      portEvents,
    ]
  }

  /** Waits until the authorizer has seen every role and binding that is stored: components would be refused before. */
  async #rolesKnown(signal: AbortSignal): Promise<void> {
    await this.#informers.whenSynced(signal)
    for (const kind of ['roles', 'roleBindings', 'clusterRoles', 'clusterRoleBindings'] as const) {
      const { items } = await this.#client[kind].list({ signal })
      const newest = Math.max(0, ...items.map(({ metadata }) => Number(metadata.resourceVersion)))
      await this.#informers[kind].whenAt(newest, signal)
    }
  }

  #controllers({ controllerManagerParts }: typeof Parts): Component[] {
    const { pki, network, localVolumesDir } = this.#options
    const { registry } = this.server
    const options = {
      rootCa: pki.authority('ca'),
      signToken: legacyTokenSigner(pki.serviceAccountKey),
      signingAuthority: () => pki.issuer('ca'),
      discover: discoverServed({
        definitions: () => registry.definitions,
        remote: () => this.#aggregator.groupVersions,
      }),
      isApiServer: (address: string) => new X509Certificate(pki.apiserver.cert).checkIP(address) !== undefined,
      clusterCIDR: network.clusterCIDR,
      serviceCIDR: network.serviceCIDR,
      dnsIP: network.dnsIP,
      storageVersionMigration: registry.storage('storagemigration.k8s.io', 'storageversionmigrations') !== undefined,
      ...(localVolumesDir && { localVolumesDir }),
    }
    return this.#electedOrAlways('kube-controller-manager', componentUsers.controllerManager, (deps) =>
      controllerManagerParts(options, deps),
    )
  }

  #scheduler({ schedulerParts }: typeof Parts): Component[] {
    return this.#electedOrAlways('kube-scheduler', componentUsers.scheduler, schedulerParts)
  }

  /** Parts that act once in a cluster: here while this process leads, or always where it is the only one. */
  #electedOrAlways(name: string, user: UserInfo, make: (deps: Parts.PartDeps) => Component[]): Component[] {
    const { election: times, store, clock, log } = this.#options
    const clientFor = (who: UserInfo): Client => this.clientFor(who)
    if (!times) return make({ clientFor, clock, log })
    const events = new EventWriter({ client: clientFor(user), component: EVENT_SOURCES[name] ?? name, clock, log })
    const transportFor = (who: UserInfo): Transport => this.#transportFor(who)
    const deps = { store, times, identity: this.#identity, transportFor, clock, log }
    const elected = electParts({ name, user, events, make }, deps)
    this.#elected.set(name, elected)
    return [elected, events]
  }
}

/** Between two renewals of this server's identity, which lasts an hour: upstream's, and one that lets a disk sleep. */
const SHARED_RENEW_MS = 10_000
const SOLE_RENEW_MS = 20 * 60_000

/** Where upstream's events do not come from the component's own name. */
const EVENT_SOURCES: Readonly<Record<string, string>> = { 'kube-scheduler': 'default-scheduler' }

function servingTls(pki: Pki): { cert: string; key: string; ca: string[] } {
  return { ...pki.apiserver, ca: [pki.authority('ca'), pki.authority('front-proxy-ca')] }
}

/** `--service-node-port-range`'s default. */
const NODE_PORTS = { first: 30_000, last: 32_767 }

/** What admission looks things up in. */
function admissionListers(informers: Informers) {
  return {
    namespaces: informers.namespaces.lister,
    serviceAccounts: informers.serviceAccounts.lister,
    nodes: informers.nodes.lister,
    pods: informers.pods.lister,
    persistentVolumeClaims: informers.persistentVolumeClaims.lister,
    limitRanges: informers.limitRanges.lister,
    resourceQuotas: informers.resourceQuotas.lister,
    priorityClasses: informers.priorityClasses.lister,
    storageClasses: informers.storageClasses.lister,
    ingressClasses: informers.ingressClasses.lister,
    runtimeClasses: informers.runtimeClasses.lister,
  }
}
