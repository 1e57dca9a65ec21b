import { MARK_CHAIN, Shared } from './fragment.ts'

/** Bit of the packet mark that asks for masquerading, as kube-proxy's. */
export const MASQUERADE_MARK = 0x4000

/**
 * The fixed part of the table, in place of whatever was there: shared maps, and the base chains that look them up. Each
 * connection costs two map lookups however many Services there are. What still has a cluster IP as its destination after
 * translation (priority -100) asks for a port that no Service has.
 */
export function baseRuleset(table: string): string {
  const mark = `0x${MASQUERADE_MARK.toString(16)}`
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  comment "service forwarding";
  map ${Shared.ServiceIPs} { type ipv4_addr . inet_proto . inet_service : verdict; }
  map ${Shared.NodePorts} { type inet_proto . inet_service : verdict; }
  map ${Shared.RefusedIPs} { type ipv4_addr . inet_proto . inet_service : verdict; }
  map ${Shared.RefusedNodePorts} { type inet_proto . inet_service : verdict; }
  set ${Shared.ClusterIPs} { type ipv4_addr; }

  chain ${MARK_CHAIN} { meta mark set meta mark or ${mark}; }
  chain reject-connection { meta l4proto tcp reject with tcp reset; reject; }

  chain services {
    ip daddr . meta l4proto . th dport vmap @${Shared.ServiceIPs}
    ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @${Shared.NodePorts}
  }
  chain refused-services { ip daddr . meta l4proto . th dport vmap @${Shared.RefusedIPs}; }
  chain unserved-ports { ip daddr @${Shared.ClusterIPs} goto reject-connection; }
  chain refused-node-ports { fib daddr type local meta l4proto . th dport vmap @${Shared.RefusedNodePorts}; }

  chain nat-prerouting { type nat hook prerouting priority dstnat; policy accept; jump services; }
  chain nat-output { type nat hook output priority -100; policy accept; jump services; }
  chain nat-postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    meta mark & ${mark} == 0 return
    meta mark set meta mark xor ${mark}
    masquerade fully-random
  }
  chain filter-forward {
    type filter hook forward priority -110; policy accept;
    ct state new jump refused-services
    ct state new jump unserved-ports
  }
  chain filter-output { type filter hook output priority -110; policy accept; ct state new jump refused-services; }
  chain filter-output-translated { type filter hook output priority -90; policy accept; ct state new jump unserved-ports; }
  chain filter-input { type filter hook input priority -110; policy accept; ct state new jump refused-node-ports; }
}
`
}
