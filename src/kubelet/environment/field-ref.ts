import { addQuantities, formatQuantity, parseQuantity } from '../../api/quantity.ts'
import type { ContainerSpec, PodView } from '../pods/pod.ts'

/** Addresses that a pod's own object may not show yet. */
export interface PodAddresses {
  readonly podIPs: readonly string[]
  readonly hostIPs: readonly string[]
}

/** What a downward API `fieldRef` names, or undefined where it is not supported. Keys of maps: `metadata.labels['a']`. */
export function podField(pod: PodView, path: string, { podIPs, hostIPs }: PodAddresses): string | undefined {
  const { metadata, spec } = pod
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path)
  if (subscript) return metadata[subscript[1] as 'labels' | 'annotations']?.[subscript[2] as string] ?? ''
  switch (path) {
    case 'metadata.name':
      return metadata.name
    case 'metadata.namespace':
      return metadata.namespace
    case 'metadata.uid':
      return metadata.uid
    case 'metadata.labels':
      return formatMap(metadata.labels)
    case 'metadata.annotations':
      return formatMap(metadata.annotations)
    case 'spec.nodeName':
      return spec.nodeName ?? ''
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? ''
    case 'status.hostIP':
      return hostIPs[0] ?? ''
    case 'status.hostIPs':
      return hostIPs.join(',')
    case 'status.podIP':
      return podIPs[0] ?? ''
    case 'status.podIPs':
      return podIPs.join(',')
    default:
      return undefined
  }
}

/** A map as the downward API writes it: one `key="value"` a line, sorted. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  const keys = Object.keys(map ?? {}).sort()
  return keys.map((key) => `${key}=${JSON.stringify(map?.[key])}`).join('\n')
}

const RESOURCE = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/

/**
 * What a downward API `resourceFieldRef` names, in units of `divisor`, rounded up. A limit that is not set is that of the
 * node. Undefined for what is not supported.
 */
export function resourceField(
  container: ContainerSpec,
  { resource, divisor = '0' }: { readonly resource: string; readonly divisor?: string },
  allocatable: Readonly<Record<string, string>>,
): string | undefined {
  const [, kind, name] = RESOURCE.exec(resource) ?? []
  if (kind === undefined || name === undefined) return undefined
  const own = container.resources?.[kind as 'limits' | 'requests']?.[name]
  const fallback = kind === 'limits' ? allocatable[name] : undefined
  const amount = parseQuantity(own ?? fallback ?? '0').nanos
  const unit = parseQuantity(divisor).nanos || parseQuantity('1').nanos
  return String((amount + unit - 1n) / unit)
}

/** The sum of two resource lists. */
export function addResources(a: Record<string, string>, b: Readonly<Record<string, string>>): Record<string, string> {
  const sum = { ...a }
  for (const [name, amount] of Object.entries(b)) sum[name] = addQuantities(sum[name] ?? '0', amount)
  return sum
}

/** Whole units as a quantity: bytes as `BinarySI`, counts as `DecimalSI`. */
export function quantityOf(units: number, format: 'BinarySI' | 'DecimalSI' = 'DecimalSI'): string {
  return formatQuantity({ nanos: BigInt(Math.trunc(units)) * 1_000_000_000n, format })
}
