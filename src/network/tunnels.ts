import { macOf } from './addressing.ts'
import type { RunHostCommand } from './host-command.ts'
import type { PeerRoute } from './peer-routes.ts'

export interface TunnelsDeps {
  /** The pod bridge's name, from which the device's is made. */
  readonly bridge: string
  /** This node's share of the pods' addresses. */
  readonly podCIDR: string
  /** This node's address, from which packets to others are sent. */
  readonly address: string
  readonly run: RunHostCommand
}

/** Tells our packets from those of other networks at the same port. */
const NETWORK_ID = '177'
/** Linux's own, which flannel uses too. */
const PORT = '8472'

export const tunnelDevice = (bridge: string): string => `${bridge}-vx`

/** The first address of a CIDR, which no pod has: the end of the tunnel at that node. */
const endOf = (podCIDR: string): string => podCIDR.split('/')[0] as string

/** Follows from the pod CIDR, so that nodes need not tell each other. Other than the bridge's, which is of the next address. */
const hardwareAddressOf = (podCIDR: string): string => macOf(endOf(podCIDR))

/**
 * Ways to nodes beyond a router, which knows nothing of pods: packets are sent inside UDP (VXLAN, RFC 7348), not encrypted.
 * Who is where is written into the kernel's tables, so that nothing is ever asked of the network.
 */
export class Tunnels {
  readonly #deps: TunnelsDeps
  readonly #device: string
  #isMade = false

  constructor(deps: TunnelsDeps) {
    this.#deps = deps
    this.#device = tunnelDevice(deps.bridge)
  }

  /** From which its end is named. */
  get podCIDR(): string {
    return this.#deps.podCIDR
  }

  /** Makes a way, or makes it anew. Throws HostCommandError. */
  async add({ podCIDR, via }: PeerRoute, protocol: string): Promise<void> {
    const { run } = this.#deps
    if (!this.#isMade) await this.#make(via)
    this.#isMade = true
    const [end, hardware, device] = [endOf(podCIDR), hardwareAddressOf(podCIDR), this.#device]
    await run('bridge', ['fdb', 'replace', hardware, 'dev', device, 'dst', via, 'self', 'permanent'])
    await run('ip', ['neigh', 'replace', end, 'lladdr', hardware, 'dev', device, 'nud', 'permanent'])
    await run('ip', ['route', 'replace', podCIDR, 'via', end, 'dev', device, 'onlink', 'proto', protocol])
  }

  /** The route has to be gone already. What is not there is no fault. */
  async remove(podCIDR: string): Promise<void> {
    const { run } = this.#deps
    const device = this.#device
    await run('bridge', ['fdb', 'delete', hardwareAddressOf(podCIDR), 'dev', device, 'self']).catch(() => undefined)
    await run('ip', ['neigh', 'delete', endOf(podCIDR), 'dev', device]).catch(() => undefined)
  }

  /** Its packets leave by the interface that leads to the first peer, whose size of packets is the measure. */
  async #make(peer: string): Promise<void> {
    const { address, podCIDR, run } = this.#deps
    const device = this.#device
    const [route] = JSON.parse(await run('ip', ['-j', 'route', 'get', peer])) as { dev: string }[]
    const links = await run('ip', ['-o', 'link', 'show', 'type', 'vxlan'])
    const type = ['type', 'vxlan', 'id', NETWORK_ID, 'local', address, 'dstport', PORT, 'nolearning']
    if (!links.includes(` ${device}: `) && !links.includes(` ${device}@`)) {
      await run('ip', ['link', 'add', device, ...type, 'dev', route?.dev ?? ''])
    }
    await run('ip', ['link', 'set', device, 'address', hardwareAddressOf(podCIDR), 'up'])
    await run('ip', ['addr', 'flush', 'dev', device])
    await run('ip', ['addr', 'replace', `${endOf(podCIDR)}/32`, 'dev', device])
  }
}
