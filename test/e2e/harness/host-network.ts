import { existsSync } from 'node:fs'
import { outputOf } from './command.ts'

/**
 * Hosts on one link: network namespaces, each with an address on a bridge whose other addresses are this host's. An
 * IPv4 /24 of the range that is kept for benchmarks (RFC 2544), so that nothing real is met.
 */
export class HostNetwork implements AsyncDisposable {
  readonly #number: number
  readonly #hosts: string[] = []

  private constructor(number: number) {
    this.#number = number
  }

  /** `addresses`: last octets of the addresses that this host has on the link. */
  static async make(addresses: readonly number[]): Promise<HostNetwork> {
    const network = new HostNetwork(freeNumber())
    try {
      await network.#ip('link', 'add', network.bridge, 'type', 'bridge')
      for (const octet of addresses) await network.#ip('addr', 'add', network.#own(octet), 'dev', network.bridge)
      await network.#ip('link', 'set', network.bridge, 'up')
      return network
    } catch (error) {
      await network[Symbol.asyncDispose]()
      throw error
    }
  }

  get bridge(): string {
    return `nvtest${this.#number}`
  }

  address(octet: number): string {
    return `198.18.${this.#number}.${octet}`
  }

  /** A new host with this address; answers the name of its namespace. */
  async addHost(octet: number): Promise<string> {
    const name = `${this.bridge}-${octet}`
    await this.#ip('netns', 'add', name)
    this.#hosts.push(name)
    await this.#ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    await this.#ip('link', 'set', name, 'master', this.bridge, 'up')
    await this.#ip('-n', name, 'addr', 'add', this.#own(octet), 'dev', 'eth0')
    for (const link of ['eth0', 'lo']) await this.#ip('-n', name, 'link', 'set', link, 'up')
    await this.#ip('-n', name, 'route', 'add', 'default', 'via', this.address(1))
    return name
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#hosts) await this.#ip('netns', 'delete', name).catch(() => undefined)
    await this.#ip('link', 'delete', this.bridge).catch(() => undefined) // it was not made
  }

  #own(octet: number): string {
    return `${this.address(octet)}/24`
  }

  async #ip(...words: readonly string[]): Promise<void> {
    await outputOf('ip', words)
  }
}

/** What runs a command on a host; its file system and cgroups are this host's. */
export const onHost = (namespace: string): readonly string[] => ['nsenter', `--net=/run/netns/${namespace}`]

function freeNumber(): number {
  const first = process.pid % 256
  for (let tried = 0; tried < 256; tried++) {
    const number = (first + tried) % 256
    if (!existsSync(`/sys/class/net/nvtest${number}`)) return number
  }
  throw new Error('this host has 256 networks of tests')
}
