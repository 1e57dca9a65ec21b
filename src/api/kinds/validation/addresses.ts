import { BlockList, isIP, isIPv4, isIPv6, SocketAddress } from 'node:net'
import type { At, FieldErrors } from './field-errors.ts'

const NOT_AN_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const NOT_A_NETWORK = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

/** `010.0.0.1` → `10.0.0.1`: what such an address meant before zeros were refused (KEP-4858). */
export const withoutLeadingZeros = (address: string): string =>
  address.includes('.') ? address.replace(/(^|[.:])0+(?=\d)/g, '$1') : address

const isAddress = (text: string): boolean => !text.includes('%') && isIP(withoutLeadingZeros(text)) !== 0
const isMappedVersion4 = (text: string): boolean => /^(0*:)*:?:ffff:\d+\.\d+\.\d+\.\d+$/i.test(text)

/** An address, unambiguously written; one that the old object already had (`known`) is let through. */
export function checkAddress(address: string, at: At, errors: FieldErrors, known: readonly string[] = []): void {
  if (known.includes(address)) return
  if (!isAddress(address)) errors.invalid(at, address, NOT_AN_ADDRESS)
  else if (isIP(address) === 0) errors.invalid(at, address, 'must not have leading 0s')
  else if (isMappedVersion4(address)) errors.invalid(at, address, 'must not be an IPv4-mapped IPv6 address')
}

/** Can be read as a network, if perhaps not written well. */
export function isNetwork(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/')
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits) || !isAddress(address)) return false
  return Number(bits) <= (isIPv4(withoutLeadingZeros(address)) ? 32 : 128)
}

/** A network as `10.9.8.0/24`: no bits set beyond the prefix; what the old object had (`known`) is let through. */
export function checkNetwork(network: string, at: At, errors: FieldErrors, known: readonly string[] = []): void {
  if (known.includes(network)) return
  if (!isNetwork(network)) return errors.invalid(at, network, NOT_A_NETWORK)
  const [address = '', bits = ''] = network.split('/')
  if (isIP(address) === 0 || (bits.length > 1 && bits.startsWith('0'))) {
    errors.invalid(at, network, 'must not have leading 0s in IP or prefix length')
  } else if (isMappedVersion4(address)) {
    errors.invalid(at, network, 'must not have an IPv4-mapped IPv6 address')
  } else if (hasHostBits(address, Number(bits))) {
    errors.invalid(at, network, 'must not have bits set beyond the prefix length')
  }
}

/** The one way to write a valid address: `FD00::0:1` → `fd00::1`. */
export const canonicalAddress = (address: string): string =>
  new SocketAddress({ address, family: isIPv6(address) ? 'ipv6' : 'ipv4' }).address

/** A network, and written in the one way. */
export function checkCanonicalNetwork(network: string, at: At, errors: FieldErrors): void {
  const before = errors.count
  checkNetwork(network, at, errors)
  if (errors.count > before) return
  const [address = '', bits = ''] = network.split('/')
  const canonical = `${canonicalAddress(address)}/${bits}`
  if (canonical !== network) errors.invalid(at, network, `must be in canonical form ("${canonical}")`)
}

function hasHostBits(address: string, prefix: number): boolean {
  const bits = isIPv4(address) ? bitsOf4(address) : bitsOf6(address)
  return bits.slice(prefix).includes('1')
}

const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0')
const bitsOf4 = (address: string): string =>
  address
    .split('.')
    .map((octet) => binary(Number(octet), 8))
    .join('')

function bitsOf6(address: string): string {
  const [head = '', tail] = address.split('::')
  const groups = (part: string): string[] =>
    part === ''
      ? []
      : part.split(':').map((group) => (group.includes('.') ? bitsOf4(group) : binary(parseInt(group, 16), 16)))
  const before = groups(head).join('')
  if (tail === undefined) return before
  const after = groups(tail).join('')
  return before + '0'.repeat(128 - before.length - after.length) + after
}

/** Is it an IPv6 address or network. */
export const isVersion6 = (text: string): boolean => isIPv6(text.split('/')[0] ?? '')

/** Holds addresses (or networks) of both families. */
export function isDualStack(texts: readonly string[]): boolean {
  return texts.some(isVersion6) && !texts.every(isVersion6)
}

interface SpecialRange {
  readonly addresses: BlockList
  readonly problem: (address: string) => string
}

let specialRanges: SpecialRange[] | undefined

/**
 * Refuses addresses that endpoints and external IPs may not have: unspecified and loopback make no sense there,
 * link-local ones reach the node's own services (its metadata service).
 */
export function checkOrdinaryAddress(address: string, at: At, errors: FieldErrors): void {
  if (!isAddress(address)) return errors.invalid(at, address, 'must be a valid IP address')
  const plain = withoutLeadingZeros(address)
  specialRanges ??= buildSpecialRanges()
  const range = specialRanges.find(({ addresses }) => addresses.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6'))
  if (range) errors.invalid(at, address, range.problem(address))
}

function buildSpecialRanges(): SpecialRange[] {
  return [
    range('0.0.0.0/32', '::/128', (address) => `may not be unspecified (${address})`),
    range('127.0.0.0/8', '::1/128', () => 'may not be in the loopback range (127.0.0.0/8, ::1/128)'),
    range('169.254.0.0/16', 'fe80::/10', () => 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'),
    range('224.0.0.0/24', 'ff02::/16', () => 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'),
  ]
}

function range(version4: string, version6: string, problem: SpecialRange['problem']): SpecialRange {
  const addresses = new BlockList()
  const [address4 = '', bits4] = version4.split('/')
  const [address6 = '', bits6] = version6.split('/')
  addresses.addSubnet(address4, Number(bits4), 'ipv4')
  addresses.addSubnet(address6, Number(bits6), 'ipv6')
  return { addresses, problem }
}
