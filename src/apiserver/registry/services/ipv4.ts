/** An IPv4 address as a number; undefined for anything else. */
export function ipv4Number(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let number = 0
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined
    number = number * 256 + Number(part)
  }
  return number
}

export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}

/** The usable addresses of a range such as 10.96.0.0/12: without the network's own and the broadcast address. */
export function ipv4Range(cidr: string): { first: number; size: number } {
  const [address = '', bits = ''] = cidr.split('/')
  const base = ipv4Number(address)
  const size = 2 ** (32 - Number(bits))
  if (base === undefined || !(size >= 4)) throw new Error(`not a usable IPv4 range: ${cidr}`)
  return { first: base - (base % size) + 1, size: size - 2 }
}
