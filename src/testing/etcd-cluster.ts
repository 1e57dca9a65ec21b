import { execFileSync, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EtcdMember, hasEtcd } from './etcd-member.ts'

/** Whether this host allows what the cluster needs: root, network namespaces, nft. */
export const canRunEtcdCluster = (): boolean =>
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  hasEtcd() &&
  spawnSync('ip', ['netns', 'list'], { stdio: 'ignore' }).status === 0 &&
  spawnSync('nft', ['list', 'tables'], { stdio: 'ignore' }).status === 0

const run = (command: string): void => {
  const [program = '', ...args] = command.split(' ')
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

interface Host {
  readonly namespace: string
  readonly link: string
  readonly address: string
  readonly member: EtcdMember
}

/**
 * An etcd of several members, each in a network namespace of its own on one bridge, so that links can be cut. Everything
 * goes with it, also when the process ends without disposing of it.
 */
export class EtcdCluster implements AsyncDisposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'navarch-etcd-'))
  readonly #id = `nve${randomInt(10_000, 99_999)}`
  /** 198.18.0.0/15 is for tests between devices (RFC 2544): nobody routes it. */
  readonly #subnet = `198.18.${randomInt(0, 256)}`
  readonly #hosts: Host[] = []
  readonly #cleanUp = (): void => this.#removeNetwork()

  static async start(size = 3): Promise<EtcdCluster> {
    const cluster = new EtcdCluster(size)
    try {
      await Promise.all(cluster.#hosts.map(({ member }) => member.start()))
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  private constructor(size: number) {
    process.once('exit', this.#cleanUp)
    run(`ip link add ${this.#id} type bridge`)
    run(`ip addr add ${this.#subnet}.1/24 dev ${this.#id}`)
    run(`ip link set ${this.#id} up`)
    const addresses = Array.from({ length: size }, (_, index) => `${this.#subnet}.${index + 2}`)
    const cluster = addresses.map((address, index) => `m${index}=http://${address}:2380`).join(',')
    for (const [index, address] of addresses.entries()) this.#hosts.push(this.#makeHost(index, address, cluster))
  }

  get urls(): string[] {
    return this.#hosts.map(({ member }) => member.url)
  }

  get size(): number {
    return this.#hosts.length
  }

  member(index: number): EtcdMember {
    return (this.#hosts[index] as Host).member
  }

  /** Cuts the member's only link: neither the others nor clients reach it. */
  cut(index: number): void {
    run(`ip link set ${(this.#hosts[index] as Host).link} down`)
  }

  /** Cuts the member off from the others; clients still reach it. */
  isolate(index: number): void {
    const { namespace, address } = this.#hosts[index] as Host
    const others = this.#hosts.map((host) => host.address).filter((other) => other !== address)
    const set = `{ ${others.join(', ')} }`
    const rules = `table ip cut {
      chain in { type filter hook input priority 0; ip saddr ${set} drop; }
      chain out { type filter hook output priority 0; ip daddr ${set} drop; }
    }`
    execFileSync('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], { input: rules })
  }

  /** Takes back `cut` and `isolate`. */
  heal(index: number): void {
    const { link, namespace } = this.#hosts[index] as Host
    run(`ip link set ${link} up`)
    spawnSync('ip', ['netns', 'exec', namespace, 'nft', 'delete', 'table', 'ip', 'cut'], { stdio: 'ignore' })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hosts.map(({ member }) => member.kill()))
    this.#removeNetwork()
    process.removeListener('exit', this.#cleanUp)
    rmSync(this.#directory, { recursive: true, force: true })
  }

  #makeHost(index: number, address: string, cluster: string): Host {
    const namespace = `${this.#id}-${index}`
    const link = `${this.#id}h${index}`
    run(`ip netns add ${namespace}`)
    run(`ip link add ${link} type veth peer name eth0 netns ${namespace}`)
    run(`ip link set ${link} master ${this.#id} up`)
    run(`ip -n ${namespace} addr add ${address}/24 dev eth0`)
    run(`ip -n ${namespace} link set eth0 up`)
    run(`ip -n ${namespace} link set lo up`)
    const member = new EtcdMember({
      name: `m${index}`,
      dataDir: join(this.#directory, `m${index}`),
      clientUrl: `http://${address}:2379`,
      peerUrl: `http://${address}:2380`,
      cluster,
      namespace,
      heartbeatMs: 50,
    })
    return { namespace, link, address, member }
  }

  #removeNetwork(): void {
    for (const { namespace } of this.#hosts) {
      const { stdout } = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' })
      for (const pid of stdout?.split('\n').filter(Boolean) ?? []) process.kill(Number(pid), 'SIGKILL')
      spawnSync('ip', ['netns', 'delete', namespace], { stdio: 'ignore' })
    }
    spawnSync('ip', ['link', 'delete', this.#id], { stdio: 'ignore' })
  }
}
