import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { Client } from '../../../src/client/clientset.ts'
import { HttpsTransport } from '../../../src/client/https-transport.ts'
import { loadKubeconfig } from '../../../src/client/kubeconfig.ts'
import { SeveralServers } from '../../../src/client/several-servers.ts'
import { EtcdServer } from '../../../src/testing/etcd-server.ts'
import { assertSucceeded } from './cluster.ts'
import { freePort } from './free-port.ts'
import { Kubectl } from './kubectl.ts'
import { LoadBalancer } from './load-balancer.ts'
import { navarch } from './navarch.ts'
import { ServerProcess } from './server-process.ts'

const SERVERS = 3

/** Three servers on one etcd behind a load balancer, all on loopback. */
export class ServerCluster implements AsyncDisposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'navarch-ha-')))
  readonly etcd: EtcdServer
  readonly servers: readonly ServerProcess[]
  /** Through the balancer, as the administrator. */
  readonly kubeconfig = join(this.directory, 'kubeconfig')
  readonly #balancedPort: number
  #knowing: SeveralServers | undefined
  #balancer: LoadBalancer | undefined
  #transport: HttpsTransport | undefined

  static async start(args: readonly string[]): Promise<ServerCluster> {
    const etcd = await EtcdServer.start()
    const cluster = new ServerCluster(etcd, await freePort(), await freePort(), args)
    try {
      await cluster.#start()
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(etcd: EtcdServer, port: number, balancedPort: number, args: readonly string[]) {
    this.etcd = etcd
    this.#balancedPort = balancedPort
    this.servers = Array.from(
      { length: SERVERS },
      (_, index) =>
        new ServerProcess({
          name: `server-${index}`,
          directory: this.directory,
          address: `127.0.0.${11 + index}`,
          port,
          advertised: `192.0.2.${11 + index}`,
          args: ['--etcd-servers', etcd.url, '--token-file', join(this.directory, 'token'), ...args],
        }),
    )
  }

  get kubectl(): Kubectl {
    return new Kubectl({ kubeconfig: this.kubeconfig })
  }

  /** Navarch's own client, with connections that are kept alive. */
  get client(): Client {
    if (!this.#transport) throw new Error('the cluster has not started')
    return new Client(this.#transport)
  }

  /** Knows all servers itself, as Navarch's parts on other hosts do. */
  get knowingClient(): Client {
    if (!this.#knowing) throw new Error('the cluster has not started')
    return new Client(this.#knowing)
  }

  /** Who holds a Lease of the control plane. */
  async holder(name = 'kube-controller-manager'): Promise<string> {
    const { spec } = await this.client.leases.get({ namespace: 'kube-system', name })
    return spec.holderIdentity ?? ''
  }

  /** The server whose log says that it is the holder. */
  async leader(): Promise<ServerProcess> {
    const holder = await this.holder()
    const leader = this.servers.find(({ log }) => holder !== '' && log.includes(holder))
    if (!leader) throw new Error(`nobody is ${holder}`)
    return leader
  }

  /** Addresses that the Service `kubernetes` leads to. */
  async endpoints(): Promise<readonly string[]> {
    const { endpoints } = await this.client.endpointSlices.get({ namespace: 'default', name: 'kubernetes' })
    return (endpoints ?? []).flatMap(({ addresses }) => addresses)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#transport?.[Symbol.dispose]()
    this.#knowing?.[Symbol.dispose]()
    await this.#balancer?.[Symbol.asyncDispose]()
    for (const server of this.servers) await server[Symbol.asyncDispose]()
    await this.etcd[Symbol.asyncDispose]()
    rmSync(this.directory, { recursive: true, force: true })
  }

  /** The first server makes the token that the others come with. */
  async #start(): Promise<void> {
    const [first, ...others] = this.servers
    await first?.start()
    await Promise.all(others.map((server) => server.start()))
    const backends = this.servers.map(({ options }) => options)
    this.#balancer = await LoadBalancer.start(this.directory, this.#balancedPort, backends)
    const server = `https://127.0.0.1:${this.#balancedPort}`
    const words = ['kubeconfig', '--data-dir', first?.dataDir ?? '', '--server', server]
    writeFileSync(this.kubeconfig, assertSucceeded(await navarch(words)), { mode: 0o600 })
    const connection = await loadKubeconfig(this.kubeconfig)
    this.#transport = new HttpsTransport(connection)
    this.#knowing = new SeveralServers({
      servers: this.servers.map(({ options: { address, port } }) => `https://${address}:${port}`),
      open: (at) => new HttpsTransport({ ...connection, server: at }, { retries: 0 }),
      clock: systemClock,
      log: silentLogger,
    })
  }
}
