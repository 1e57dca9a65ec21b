import type { PodView } from '../pods/pod.ts'
import type { PodHostname } from './hostname.ts'

const LOCAL = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`

/** The /etc/hosts of a pod's containers. */
export function hostsFile(pod: PodView, { hostname, domain }: PodHostname, podIPs: readonly string[]): string {
  const names = domain === '' ? hostname : `${hostname}.${domain}\t${hostname}`
  const own = podIPs.map((ip) => `${ip}\t${names}\n`).join('')
  return `# Kubernetes-managed hosts file.\n${LOCAL}${own}${aliases(pod)}`
}

/** The same for a pod with the host's network: the host's file and the pod's aliases. */
export function hostNetworkHostsFile(pod: PodView, hostFile: string): string {
  return `# Kubernetes-managed hosts file (host network).\n${hostFile}${aliases(pod)}`
}

function aliases({ spec }: PodView): string {
  if (!spec.hostAliases?.length) return ''
  const lines = spec.hostAliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`)
  return `\n# Entries added by HostAliases.\n${lines.join('')}`
}
