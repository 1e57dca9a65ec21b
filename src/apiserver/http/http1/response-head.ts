import { STATUS_CODES } from 'node:http'
import type { ResponseHeaders } from '../exchange.ts'

/** What no header may hold: it could begin another, or another answer. */
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/

/** Status line and fields, with the date. Throws a TypeError for a value that cannot be written. */
export function responseHead(status: number, headers: ResponseHeaders, isLast: boolean): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\ndate: ${dateNow()}\r\n`
  for (const name in headers) {
    const value = headers[name]
    if (typeof value === 'object') for (const one of value) head += line(name, one)
    else if (value !== undefined) head += line(name, value)
  }
  return isLast ? `${head}connection: close\r\n\r\n` : `${head}\r\n`
}

function line(name: string, value: string | number): string {
  if (typeof value === 'string' && UNFIT.test(value)) throw new TypeError(`the header ${name} cannot hold ${value}`)
  return `${name}: ${value}\r\n`
}

let second = 0
let text = ''

/** RFC 9110, 5.6.7; made once a second. */
function dateNow(): string {
  const now = Math.trunc(Date.now() / 1_000)
  if (now !== second) {
    second = now
    text = new Date(now * 1_000).toUTCString()
  }
  return text
}
