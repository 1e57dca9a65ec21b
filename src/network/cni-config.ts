import { gatewayOf } from './addressing.ts'

export interface CniOptions {
  readonly bridge: string
  readonly podCIDR: string
  /** Where host-local keeps which address belongs to which sandbox. */
  readonly ipamDir: string
  readonly mtu?: number
}

/** Name of the file in the CNI configuration directory. */
export const CNI_FILE = '10-navarch.conflist'

/** The network as CNI 1.0 describes it. Hairpin: a pod may reach itself through a Service. */
export function cniConfig({ bridge, podCIDR, ipamDir, mtu }: CniOptions): string {
  const ipam = {
    type: 'host-local',
    dataDir: ipamDir,
    ranges: [[{ subnet: podCIDR, gateway: gatewayOf(podCIDR) }]],
    routes: [{ dst: '0.0.0.0/0' }],
  }
  const plugins = [
    { type: 'bridge', bridge, isGateway: true, hairpinMode: true, ipMasq: false, ...(mtu && { mtu }), ipam },
    { type: 'portmap', capabilities: { portMappings: true } },
  ]
  return `${JSON.stringify({ cniVersion: '1.0.0', name: 'navarch', plugins }, null, 2)}\n`
}
