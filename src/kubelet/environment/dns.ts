import type { DnsConfig } from '../cri/messages.ts'
import type { PodView } from '../pods/pod.ts'

export interface ClusterDns {
  /** 10.96.0.10 unless configured. */
  readonly servers: readonly string[]
  readonly domain: string
}

const MAX_SERVERS = 3
const MAX_SEARCHES = 32
const MAX_SEARCH_CHARACTERS = 2048

/** The nameserver, search and options lines of a resolv.conf. */
export function parseResolvConf(text: string): DnsConfig {
  const servers: string[] = []
  let searches: string[] = []
  let options: string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...values] = line.trim().split(/\s+/)
    if (keyword === 'nameserver' && values[0]) servers.push(values[0])
    if (keyword === 'search')
      searches = values.filter((value) => value !== '.').map((value) => value.replace(/\.$/, ''))
    if (keyword === 'options') options = values
  }
  return { servers, searches, options }
}

/** What a pod's resolv.conf says, by `dnsPolicy` and `dnsConfig`; `host` is the node's own. */
export function podDns(pod: PodView, { servers, domain }: ClusterDns, host: DnsConfig): DnsConfig {
  const { dnsConfig } = pod.spec
  const base = policyBase(pod, servers, domain, host)
  const own = (dnsConfig?.options ?? []).map(({ name = '', value }) => (value ? `${name}:${value}` : name))
  return {
    servers: unique([...base.servers, ...(dnsConfig?.nameservers ?? [])]).slice(0, MAX_SERVERS),
    searches: withinLimits(unique([...base.searches, ...(dnsConfig?.searches ?? [])])),
    options: mergeOptions(base.options, own),
  }
}

function policyBase(pod: PodView, servers: readonly string[], domain: string, host: DnsConfig): DnsConfig {
  const { dnsPolicy = 'ClusterFirst', hostNetwork } = pod.spec
  if (dnsPolicy === 'None') return { servers: [], searches: [], options: [] }
  const usesCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork)
  if (!usesCluster || servers.length === 0) return host
  const cluster = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain]
  return { servers, searches: unique([...cluster, ...host.searches]), options: ['ndots:5'] }
}

const unique = (values: readonly string[]): string[] => [...new Set(values)]

function withinLimits(searches: readonly string[]): string[] {
  const kept: string[] = []
  for (const search of searches.slice(0, MAX_SEARCHES)) {
    if ([...kept, search].join(' ').length > MAX_SEARCH_CHARACTERS) break
    kept.push(search)
  }
  return kept
}

/** An option given again (`ndots:2` after `ndots:5`) takes the place of the first. */
function mergeOptions(base: readonly string[], own: readonly string[]): string[] {
  const merged = new Map<string, string>()
  for (const option of [...base, ...own]) merged.set(option.split(':')[0] as string, option)
  return [...merged.values()]
}
