import { STATIC_TABLE } from '../../../base/http2/static-table.ts'
import { dateNow } from '../date-now.ts'
import type { ResponseHeaders } from '../exchange.ts'
import { UNFIT } from '../field-value.ts'

const INDEXED = 0x80
const BY_INDEX_BITS = 4
const LENGTH_BITS = 7
const MAX_NAMES = 256

/** How a field begins: that it is not to be remembered, and its name. */
const names = new Map<string, string>()
const statuses = new Map<number, string>()

/**
 * The fields of an answer as a block (HPACK, RFC 7541), each character a byte. Nothing of it is remembered by either side:
 * answers are small or their fields are few beside them, and a text is put together faster than a table is kept.
 * Throws a TypeError for a value that cannot be written.
 */
export function responseFields(status: number, headers: ResponseHeaders): string {
  let block = statusOf(status)
  if (headers.date === undefined) block += nameOf('date') + text(dateNow()) // an answer that is passed on has its own
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === 'object') for (const one of value) block += field(name, one)
    else if (value !== undefined) block += field(name, String(value))
  }
  return block
}

function statusOf(status: number): string {
  const known = statuses.get(status)
  if (known !== undefined) return known
  const index = STATIC_TABLE.findIndex(([name, value]) => name === ':status' && value === `${status}`) + 1
  const made = index > 0 ? String.fromCharCode(INDEXED | index) : nameOf(':status') + text(`${status}`)
  statuses.set(status, made)
  return made
}

function field(name: string, value: string): string {
  if (UNFIT.test(value)) throw new TypeError(`the header ${name} cannot hold ${value}`)
  return nameOf(name) + text(value)
}

function nameOf(name: string): string {
  const known = names.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  const index = STATIC_TABLE.findIndex((entry) => entry[0] === lower) + 1
  const made = index > 0 ? number(index, BY_INDEX_BITS) : number(0, BY_INDEX_BITS) + text(lower)
  if (names.size < MAX_NAMES) names.set(name, made)
  return made
}

const text = (value: string): string => number(value.length, LENGTH_BITS) + value

/** RFC 7541, 5.1; the bits before the number are zeros. */
function number(value: number, prefixBits: number): string {
  const mask = 2 ** prefixBits - 1
  if (value < mask) return String.fromCharCode(value)
  let out = String.fromCharCode(mask)
  let rest = value - mask
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out += String.fromCharCode((rest % 0x80) | 0x80)
  return out + String.fromCharCode(rest)
}
