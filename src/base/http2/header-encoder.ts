import { STATIC_TABLE } from './static-table.ts'

/**
 * A block of header fields (HPACK, RFC 7541) without state: fields that both sides know as numbers, all others as they are
 * and not to be remembered. So it is the same on every connection and can be kept.
 */
export function encodeHeaders(fields: Readonly<Record<string, string>>): Buffer {
  const out: number[] = []
  for (const [name, value] of Object.entries(fields)) {
    const known = STATIC_TABLE.findIndex((entry) => entry[0] === name && entry[1] === value) + 1
    if (known > 0) {
      writeNumber(out, 0x80, 7, known)
      continue
    }
    const knownName = STATIC_TABLE.findIndex((entry) => entry[0] === name) + 1
    writeNumber(out, 0, 4, knownName)
    if (knownName === 0) writeText(out, name)
    writeText(out, value)
  }
  return Buffer.from(out)
}

function writeNumber(out: number[], kind: number, prefixBits: number, value: number): void {
  const mask = 2 ** prefixBits - 1
  if (value < mask) {
    out.push(kind | value)
    return
  }
  out.push(kind | mask)
  let rest = value - mask
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out.push((rest % 0x80) | 0x80)
  out.push(rest)
}

function writeText(out: number[], text: string): void {
  const bytes = Buffer.from(text, 'latin1')
  writeNumber(out, 0, 7, bytes.length)
  out.push(...bytes)
}
