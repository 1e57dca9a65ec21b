import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gatewayOf, macOf, prefixLength } from './addressing.ts'
import { CNI_FILE, cniConfig } from './cni-config.ts'
import type { RunHostCommand } from './host-command.ts'
import { ROUTE_PROTOCOL } from './node-routes.ts'

export interface HostNetwork {
  /** Name of the bridge, at most 15 characters; also marks everything else that belongs to it. */
  readonly bridge: string
  /** This node's share of the cluster's pod addresses. */
  readonly podCIDR: string
  /** All pods' addresses. */
  readonly clusterCIDR: string
  /** Cluster IPs of Services: routed to the bridge, so that the host itself needs no default route to reach them. */
  readonly serviceCIDR: string
  readonly cniConfigDir: string
  readonly ipamDir: string
}

/** The nft table of the pod network, one of each family. */
export const networkTable = (bridge: string): string => `${bridge}-net`

/** Prepares the host and publishes the CNI configuration last. Can be repeated. Throws HostCommandError. */
export async function prepareHost(network: HostNetwork, run: RunHostCommand): Promise<void> {
  await makeBridge(network, run)
  await writeSysctls(network.bridge)
  await run('nft', ['-f', '-'], hostRules(network))
  await passForeignFirewalls(network, run)
  await publishCni(network)
}

/** Takes back everything that prepareHost did; what is not there is no fault. */
export async function restoreHost(
  { bridge, clusterCIDR, cniConfigDir, ipamDir }: Omit<HostNetwork, 'podCIDR' | 'serviceCIDR'>,
  run: RunHostCommand,
): Promise<void> {
  const table = networkTable(bridge)
  await rm(join(cniConfigDir, CNI_FILE), { force: true })
  const remove = ['ip', 'bridge'].flatMap((family) => [
    `add table ${family} ${table}`,
    `delete table ${family} ${table}`,
  ])
  await run('nft', ['-f', '-'], `${remove.join('\n')}\n`)
  await dropForeignRules(clusterCIDR, run)
  const links = await run('ip', ['-o', 'link', 'show', 'type', 'bridge'])
  if (links.includes(` ${bridge}: `)) await run('ip', ['link', 'delete', bridge])
  await run('ip', ['route', 'flush', 'root', clusterCIDR, 'proto', ROUTE_PROTOCOL])
  await rm(ipamDir, { recursive: true, force: true })
}

async function makeBridge({ bridge, podCIDR, serviceCIDR }: HostNetwork, run: RunHostCommand): Promise<void> {
  const gateway = gatewayOf(podCIDR)
  const links = await run('ip', ['-o', 'link', 'show', 'type', 'bridge'])
  const steps = [
    ...(links.includes(` ${bridge}: `) ? [] : [`link add ${bridge} type bridge`]),
    `link set ${bridge} address ${macOf(gateway)} up`,
    `addr replace ${gateway}/${prefixLength(podCIDR)} dev ${bridge}`,
    `route replace ${serviceCIDR} dev ${bridge} src ${gateway}`,
  ]
  await run('ip', ['-batch', '-'], `${steps.join('\n')}\n`)
}

/** Redirects would teach pods the direct way to each other that hostRules() bars. */
async function writeSysctls(bridge: string): Promise<void> {
  const values = { ip_forward: '1', [`conf/${bridge}/send_redirects`]: '0', 'conf/all/send_redirects': '0' }
  for (const [name, value] of Object.entries(values)) await writeFile(`/proc/sys/net/ipv4/${name}`, value)
}

function hostRules({ bridge, podCIDR, clusterCIDR }: HostNetwork): string {
  const table = networkTable(bridge)
  const mac = macOf(gatewayOf(podCIDR))
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${podCIDR} ip daddr != ${clusterCIDR} oifname != "${bridge}" masquerade
  }
}
add table bridge ${table}
delete table bridge ${table}
table bridge ${table} {
  chain prerouting {
    type filter hook prerouting priority -300; policy accept;
    iifname "veth*" ip daddr ${podCIDR} ether daddr != ${mac} meta pkttype { host, other } ether daddr set ${mac} meta pkttype set host
  }
}
`
}

const RULE_COMMENT = 'navarch pods'

/** An accept in our own table would not overrule a drop in another: the rule has to stand in that one's chain. */
async function passForeignFirewalls({ clusterCIDR }: HostNetwork, run: RunHostCommand): Promise<void> {
  const ruleset = await run('nft', ['list', 'chains', 'ip'])
  if (!/table ip filter \{[\s\S]*?chain FORWARD \{[^}]*policy drop/.test(ruleset)) return
  await dropForeignRules(clusterCIDR, run)
  for (const side of ['saddr', 'daddr']) {
    await run('nft', [
      'insert',
      'rule',
      'ip',
      'filter',
      'FORWARD',
      'ip',
      side,
      clusterCIDR,
      'accept',
      'comment',
      `"${RULE_COMMENT}"`,
    ])
  }
}

async function dropForeignRules(clusterCIDR: string, run: RunHostCommand): Promise<void> {
  const listing = await run('nft', ['-a', 'list', 'ruleset', 'ip'])
  const own = listing.split('\n').filter((line) => line.includes(RULE_COMMENT) && line.includes(clusterCIDR))
  for (const line of own) {
    const handle = /# handle (\d+)/.exec(line)?.[1]
    if (handle) await run('nft', ['delete', 'rule', 'ip', 'filter', 'FORWARD', 'handle', handle])
  }
}

/** Written beside and renamed: the runtime never reads half a file. */
async function publishCni({ bridge, podCIDR, ipamDir, cniConfigDir }: HostNetwork): Promise<void> {
  await mkdir(cniConfigDir, { recursive: true })
  const file = join(cniConfigDir, CNI_FILE)
  await writeFile(`${file}.new`, cniConfig({ bridge, podCIDR, ipamDir }))
  await rename(`${file}.new`, file)
}
