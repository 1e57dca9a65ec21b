/** IPv4 arithmetic on the few facts the pod network needs. */

const toNumber = (address: string): number => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)

const toAddress = (value: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')

/** The first host address of a CIDR: the node's own in its pod CIDR. */
export function gatewayOf(cidr: string): string {
  const [address = '', bits = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(bits))
  return toAddress(Math.floor(toNumber(address) / size) * size + 1)
}

/** Number of leading bits: 24 for `10.244.0.0/24`. */
export function prefixLength(cidr: string): number {
  return Number(cidr.split('/')[1] ?? 32)
}

/** A locally administered MAC address derived from an IPv4 address, so that a bridge keeps its own across restarts. */
export function macOf(address: string): string {
  return ['0a', '58', ...address.split('.').map((part) => Number(part).toString(16).padStart(2, '0'))].join(':')
}
