import type { PodView } from '../pods/pod.ts'

export interface PodHostname {
  readonly hostname: string
  /** Empty without a subdomain. */
  readonly domain: string
}

const MAX_LABEL = 63
const MAX_HOSTNAME = 64

/** A pod's own name: `spec.hostname` or its name, and `<subdomain>.<namespace>.svc.<cluster domain>`. */
export function podHostname({ metadata, spec }: PodView, clusterDomain: string): PodHostname {
  if (spec.hostnameOverride) return { hostname: spec.hostnameOverride, domain: '' }
  const hostname = spec.hostname || metadata.name.slice(0, MAX_LABEL).replace(/[-.]+$/, '')
  const domain = spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : ''
  return { hostname, domain }
}

/** What the kernel is told: the full name where `setHostnameAsFQDN` asks for it. Throws when that is too long. */
export function kernelHostname(pod: PodView, { hostname, domain }: PodHostname): string {
  if (!pod.spec.setHostnameAsFQDN || domain === '') return hostname
  const full = `${hostname}.${domain}`
  if (full.length > MAX_HOSTNAME) {
    const why = `FQDN ${full} is too long (${MAX_HOSTNAME} characters is the max, ${full.length} characters requested)`
    throw new Error(`failed to construct FQDN from pod hostname and cluster domain, ${why}`)
  }
  return full
}
