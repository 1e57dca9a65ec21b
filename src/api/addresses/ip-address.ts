import { isIPv4, isIPv6 } from 'node:net'

export const IpFamily = { IPv4: 'IPv4', IPv6: 'IPv6' } as const
export type IpFamily = (typeof IpFamily)[keyof typeof IpFamily]

/** An address as a number, with which ranges can be computed. */
export interface IpAddress {
  readonly family: IpFamily
  readonly value: bigint
}

export const BITS: Readonly<Record<IpFamily, number>> = { IPv4: 32, IPv6: 128 }

/** Undefined for what is no address. */
export function parseAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { family: 'IPv4', value: version4(text) }
  if (isIPv6(text) && !text.includes('%')) return { family: 'IPv6', value: version6(text) }
  return undefined
}

export const familyOf = (text: string): IpFamily => (text.includes(':') ? 'IPv6' : 'IPv4')

export const otherFamily = (family: IpFamily): IpFamily => (family === 'IPv4' ? 'IPv6' : 'IPv4')

const version4 = (text: string): bigint =>
  text.split('.').reduce((value, octet) => value * 256n + BigInt(Number(octet)), 0n)

function version6(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const before = groups(head)
  const after = groups(tail ?? '')
  const zeros = tail === undefined ? [] : Array<bigint>(8 - before.length - after.length).fill(0n)
  return [...before, ...zeros, ...after].reduce((value, group) => value * 65536n + group, 0n)
}

function groups(part: string): bigint[] {
  if (part === '') return []
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)]
    const value = version4(group)
    return [value / 65536n, value % 65536n]
  })
}

/** The one way to write the address: RFC 5952 for IPv6. */
export function addressText({ family, value }: IpAddress): string {
  return family === 'IPv4' ? text4(value) : text6(value)
}

const text4 = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')

function text6(value: bigint): string {
  const words = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 65535n))
  const { start, length } = longestZeros(words)
  const hex = (part: readonly number[]) => part.map((word) => word.toString(16)).join(':')
  if (length < 2) return hex(words)
  return `${hex(words.slice(0, start))}::${hex(words.slice(start + length))}`
}

/** The first of the longest runs of zeros. */
function longestZeros(words: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let start = 0
  for (const [index, word] of words.entries()) {
    if (word !== 0) start = index + 1
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start }
  }
  return best
}
