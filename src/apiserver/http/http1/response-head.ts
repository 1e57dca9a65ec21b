import { STATUS_CODES } from '../../../base/node-http.ts'
import { dateNow } from '../date-now.ts'
import type { ResponseHeaders } from '../exchange.ts'
import { UNFIT } from '../field-value.ts'

/** Status line and fields, with the date. Throws a TypeError for a value that cannot be written. */
export function responseHead(status: number, headers: ResponseHeaders, isLast: boolean): string {
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Unknown'}\r\n`
  if (headers.date === undefined) head += `date: ${dateNow()}\r\n` // an answer that is passed on has its own
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
