import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EtcdMember } from '../../../src/testing/etcd-member.ts'
import { AgentProcess } from './agent-process.ts'
import { assertSucceeded } from './cluster.ts'
import { freePort } from './free-port.ts'
import { leftovers } from './host-leftovers.ts'
import { HostNetwork } from './host-network.ts'
import { Kubectl } from './kubectl.ts'
import { navarch } from './navarch.ts'
import { ServerProcess } from './server-process.ts'
import { writeTestImage } from './test-image.ts'

const SERVERS = [11, 12]
const AGENTS = [21, 22]
const TIMES = [
  ...['--leader-elect-lease-duration', '3s', '--leader-elect-renew-deadline', '2s'],
  ...['--leader-elect-retry-period', '500ms'],
]

/** Two servers on one etcd, at addresses of this host, and two agents on hosts of their own, all on one link. */
export class AgentCluster implements AsyncDisposable {
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'navarch-agents-')))
  readonly network: HostNetwork
  readonly servers: readonly ServerProcess[]
  readonly agents: readonly AgentProcess[]
  readonly tokenFile = join(this.directory, 'join-token')
  readonly #etcd: EtcdMember

  static async start(): Promise<AgentCluster> {
    const network = await HostNetwork.make([1, ...SERVERS])
    try {
      const hosts = await Promise.all(AGENTS.map((octet) => network.addHost(octet)))
      const cluster = new AgentCluster(network, hosts, { etcd: await freePort(), peer: await freePort() })
      try {
        await cluster.#start()
        return cluster
      } catch (error) {
        process.stderr.write(`${cluster.report()}\n`)
        await cluster[Symbol.asyncDispose]()
        throw error
      }
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(network: HostNetwork, hosts: readonly string[], ports: { etcd: number; peer: number }) {
    const { directory } = this
    this.network = network
    const peerUrl = `http://127.0.0.1:${ports.peer}`
    this.#etcd = new EtcdMember({
      name: 'one',
      dataDir: join(directory, 'etcd'),
      clientUrl: `http://127.0.0.1:${ports.etcd}`,
      peerUrl,
      cluster: `one=${peerUrl}`,
    })
    this.servers = SERVERS.map((octet, index) => {
      const address = network.address(octet)
      const args = ['--etcd-servers', this.#etcd.url, '--token-file', join(directory, 'token'), ...TIMES]
      return new ServerProcess({ name: `server-${index}`, directory, address, port: 6443, advertised: address, args })
    })
    this.agents = hosts.map((host, index) => new AgentProcess({ name: `node-${index}`, directory, host }))
  }

  /** As the administrator, through one of the servers. */
  kubectl(server: ServerProcess): Kubectl {
    return new Kubectl({ kubeconfig: server.kubeconfig })
  }

  url({ options: { address, port } }: ServerProcess): string {
    return `https://${address}:${port}`
  }

  /** Has the nodes join at the first server, the only one they are told of. */
  async join(): Promise<void> {
    const [first] = this.servers as [ServerProcess]
    const token = assertSucceeded(await navarch(['token', 'create', '--data-dir', first.dataDir]))
    writeFileSync(this.tokenFile, token, { mode: 0o600 })
    await Promise.all(
      this.agents.map(async (agent) => {
        const named = ['--node-name', agent.name, '--cgroup-root', agent.cgroupRoot]
        await agent.start('--server', this.url(first), '--token-file', this.tokenFile, ...named)
      }),
    )
    const image = writeTestImage(this.directory)
    for (const agent of this.agents) assertSucceeded(await agent.navarch('image load', image))
  }

  /** The last lines of everybody. */
  report(): string {
    return [...this.servers, ...this.agents].map(({ name, log }) => `${name}:\n${log.slice(-3000)}`).join('\n\n')
  }

  /** What of the nodes is still on this host. */
  async leftovers(): Promise<string[]> {
    const found = this.agents.map(({ dataDir, cgroupRoot, runtimeDir }) =>
      leftovers({ dataDir, cgroupRoot, runtimeDir, bridge: 'none' }),
    )
    return (await Promise.all(found)).flat()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = await Promise.allSettled(this.agents.map((agent) => agent.delete()))
    for (const server of this.servers) await server[Symbol.asyncDispose]()
    await this.#etcd.kill()
    await this.network[Symbol.asyncDispose]()
    rmSync(this.directory, { recursive: true, force: true })
    const fault = ended.find((result) => result.status === 'rejected')
    if (fault) throw fault.reason
  }

  /** The first server makes the token that the other comes with. */
  async #start(): Promise<void> {
    mkdirSync(this.directory, { recursive: true })
    await this.#etcd.start()
    for (const server of this.servers) await server.start()
  }
}
