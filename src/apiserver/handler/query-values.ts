import { badRequest } from '../../api/status-error.ts'
import type { Query } from './call.ts'

/** A parameter that is an integer; throws 400 with Go's words. */
export function integerParameter(query: Query, name: string): number | undefined {
  const text = query.get(name)
  if (text === undefined || text === '') return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

/** A parameter that is true unless it says `false` or `0`, as conversion of query values does upstream. */
export function booleanParameter(query: Query, name: string): boolean | undefined {
  const text = query.get(name)
  if (text === undefined) return undefined
  return text !== '0' && text.toLowerCase() !== 'false'
}
