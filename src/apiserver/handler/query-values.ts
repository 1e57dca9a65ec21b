import { badRequest } from '../../api/status-error.ts'
import type { Query } from './call.ts'

/** A parameter that is an integer; throws 400 with Go's words. */
export function integerParameter(query: Query, name: string): number | undefined {
  const text = query.get(name)
  if (text === undefined || text === '') return undefined
  const refuse = (why: string) => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${why}`)
  if (!/^[+-]?\d+$/.test(text)) throw refuse('invalid syntax')
  if (text.length > 18 && BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) throw refuse('value out of range')
  return Number(text)
}

/** A parameter that is true unless it says `false` or `0`, as conversion of query values does upstream. */
export function booleanParameter(query: Query, name: string): boolean | undefined {
  const text = query.get(name)
  if (text === undefined) return undefined
  return text !== '0' && text.toLowerCase() !== 'false'
}
