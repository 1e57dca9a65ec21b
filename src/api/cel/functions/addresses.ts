import { addressText, BITS, type IpAddress, parseAddress } from '../../addresses/ip-address.ts'
import { addressContainment, networkContainment, traversal } from '../cost/call-costs.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import { Opaque } from '../values/opaque.ts'
import { LibraryTypes } from './library-types.ts'
import { type Overload, overload } from './overload.ts'

class Ip extends Opaque {
  override readonly type = LibraryTypes.Ip
  readonly address: IpAddress

  constructor(address: IpAddress) {
    super()
    this.address = address
  }

  override equals(other: Opaque): boolean {
    return other instanceof Ip && sameAddress(other.address, this.address)
  }

  override get size(): number {
    return BITS[this.address.family] / 8
  }

  override toString(): string {
    return addressText(this.address)
  }

  /** Do the first `length` bits say `value`, written as an address of the same family. */
  startsWith(prefix: string, length: number): boolean {
    const { family, value } = this.address
    const wanted = parseAddress(prefix)
    const rest = BigInt(BITS[family] - length)
    return wanted?.family === family && value >> rest === wanted.value >> rest
  }
}

class Cidr extends Opaque {
  override readonly type = LibraryTypes.Cidr
  readonly address: IpAddress
  readonly length: number

  constructor(address: IpAddress, length: number) {
    super()
    this.address = address
    this.length = length
  }

  override equals(other: Opaque): boolean {
    return other instanceof Cidr && other.length === this.length && sameAddress(other.address, this.address)
  }

  /** Upstream counts the bytes of the prefix. */
  override get size(): number {
    return Math.ceil(this.length / 8)
  }

  override toString(): string {
    return `${addressText(this.address)}/${this.length}`
  }

  masked(): Cidr {
    const rest = BigInt(BITS[this.address.family] - this.length)
    return new Cidr({ family: this.address.family, value: (this.address.value >> rest) << rest }, this.length)
  }

  contains({ family, value }: IpAddress): boolean {
    const rest = BigInt(BITS[family] - this.length)
    return family === this.address.family && value >> rest === this.address.value >> rest
  }
}

const sameAddress = (a: IpAddress, b: IpAddress): boolean => a.family === b.family && a.value === b.value

/** An IPv4 address within an IPv6 one, as `::ffff:1.2.3.4`. */
const isMapped = ({ family, value }: IpAddress): boolean => family === 'IPv6' && value >> 32n === 0xffffn

/** The address, or why the text is none. */
function readIp(text: string): Ip | string {
  const quoted = JSON.stringify(text)
  const zone = text.indexOf('%')
  const address = parseAddress(zone < 0 ? text : text.slice(0, zone))
  if (!address) return `IP Address ${quoted} parse error during conversion from string: ${addressProblem(text)}`
  if (zone >= 0) return `IP address ${quoted} with zone value is not allowed`
  if (isMapped(address)) return `IPv4-mapped IPv6 address ${quoted} is not allowed`
  return new Ip(address)
}

const addressProblem = (text: string): string => {
  const problem = `ParseAddr(${JSON.stringify(text)}): `
  if (/^[^.:%]*$/.test(text)) return `${problem}unable to parse IP`
  return problem + (text.includes(':') ? problem6(text) : problem4(text))
}

function problem4(text: string): string {
  const fields = text.split('.')
  const bad = /[^0-9.]/.exec(text)?.[0]
  if (bad !== undefined) return `unexpected character (at ${JSON.stringify(text.slice(text.indexOf(bad)))})`
  if (fields.some((field) => field === '')) return 'IPv4 field must have at least one digit'
  if (fields.some((field) => /^0\d/.test(field))) return 'IPv4 field has octet with leading zero'
  if (fields.some((field) => Number(field) > 255)) return 'IPv4 field has value >255'
  return fields.length < 4 ? 'IPv4 address too short' : 'IPv4 address too long'
}

function problem6(text: string): string {
  const bad = /[^0-9a-fA-F:.]/.exec(text)?.[0]
  if (bad !== undefined)
    return `each colon-separated field must have at least one digit (at ${JSON.stringify(text.slice(text.indexOf(bad)))})`
  return text.split(':').length < 8 ? 'address string too short' : 'trailing garbage after address'
}

/** The network, or why the text is none. */
function readCidr(text: string): Cidr | string {
  const slash = text.lastIndexOf('/')
  const [address, length] = [text.slice(0, slash), text.slice(slash + 1)]
  const ip = parseAddress(address)
  const problem = prefixProblem(text, slash, ip, length)
  if (problem !== undefined || !ip) {
    const why = problem ?? addressProblem(address)
    return `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): ${why}`
  }
  if (isMapped(ip)) return `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`
  return new Cidr(ip, Number(length))
}

function prefixProblem(text: string, slash: number, ip: IpAddress | undefined, length: string): string | undefined {
  if (slash < 0) return "no '/'"
  if (!ip) return undefined
  if (text.includes('%')) return 'IPv6 zones cannot be present in a prefix'
  if (!/^(?:0|[1-9]\d*)$/.test(length)) return `bad bits after slash: ${JSON.stringify(length)}`
  return Number(length) > BITS[ip.family] ? 'prefix length out of range' : undefined
}

function ipOf(text: string): Ip {
  const ip = readIp(text)
  if (typeof ip === 'string') throw new EvaluationError(ip)
  return ip
}

function cidrOf(text: string): Cidr {
  const cidr = readCidr(text)
  if (typeof cidr !== 'string') return cidr
  throw new EvaluationError(`network address parse error during conversion from string: ${cidr}`)
}

const isUnspecified = ({ address }: Ip): boolean => address.value === 0n
const isLoopback = (ip: Ip): boolean => ip.startsWith('127.0.0.0', 8) || ip.startsWith('::1', 128)
const isLinkLocalUnicast = (ip: Ip): boolean => ip.startsWith('169.254.0.0', 16) || ip.startsWith('fe80::', 10)
const isMulticast = (ip: Ip): boolean => ip.startsWith('224.0.0.0', 4) || ip.startsWith('ff00::', 8)

/** The scope of an IPv6 multicast address is in the low half of its second byte. */
function isLinkLocalMulticast(ip: Ip): boolean {
  if (ip.address.family === 'IPv4') return ip.startsWith('224.0.0.0', 24)
  return ip.startsWith('ff00::', 8) && ((ip.address.value >> 112n) & 0xfn) === 2n
}

function isGlobalUnicast(ip: Ip): boolean {
  if (ip.address.family === 'IPv4' && ip.address.value === 0xffffffffn) return false
  return !isUnspecified(ip) && !isLoopback(ip) && !isMulticast(ip) && !isLinkLocalUnicast(ip)
}

const containsIp = (cidr: Cidr, ip: Ip | string): boolean =>
  cidr.contains((typeof ip === 'string' ? ipOf(ip) : ip).address)

function containsCidr(cidr: Cidr, other: Cidr | string): boolean {
  const inner = typeof other === 'string' ? cidrOf(other) : other
  return cidr.length <= inner.length && cidr.contains(inner.address)
}

/** Kubernetes' libraries of IP addresses and of networks. */
export const addresses: readonly Overload[] = [
  overload('ip(string) -> Ip', ipOf, traversal(0)),
  overload('isIP(string) -> bool', (text: string) => typeof readIp(text) !== 'string', traversal(0)),
  overload('ip.isCanonical(string) -> bool', (text: string) => String(ipOf(text)) === text, traversal(0, 2)),
  overload('Ip.family() -> int', ({ address }: Ip) => (address.family === 'IPv4' ? 4n : 6n)),
  overload('Ip.isUnspecified() -> bool', isUnspecified),
  overload('Ip.isLoopback() -> bool', isLoopback),
  overload('Ip.isLinkLocalMulticast() -> bool', isLinkLocalMulticast),
  overload('Ip.isLinkLocalUnicast() -> bool', isLinkLocalUnicast),
  overload('Ip.isGlobalUnicast() -> bool', isGlobalUnicast),
  overload('string(Ip) -> string', String),
  overload('cidr(string) -> Cidr', cidrOf, traversal(0)),
  overload('isCIDR(string) -> bool', (text: string) => typeof readCidr(text) !== 'string', traversal(0)),
  overload('Cidr.containsIP(string) -> bool', containsIp, addressContainment),
  overload('Cidr.containsIP(Ip) -> bool', containsIp, addressContainment),
  overload('Cidr.containsCIDR(string) -> bool', containsCidr, networkContainment),
  overload('Cidr.containsCIDR(Cidr) -> bool', containsCidr, networkContainment),
  overload('Cidr.ip() -> Ip', ({ address }: Cidr) => new Ip(address)),
  overload('Cidr.prefixLength() -> int', ({ length }: Cidr) => BigInt(length)),
  overload('Cidr.masked() -> Cidr', (cidr: Cidr) => cidr.masked()),
  overload('string(Cidr) -> string', String),
]
