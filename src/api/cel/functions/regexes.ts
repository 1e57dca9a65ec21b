import { RE2JS } from 're2js'
import { RecentMap } from '../../../base/recent-map.ts'
import { patternError } from '../../crd/values/pattern.ts'
import { finding } from '../cost/call-costs.ts'
import { EvaluationError } from '../values/evaluation-error.ts'
import { ArrayList, type ListValue } from '../values/list.ts'
import { type Overload, overload } from './overload.ts'

/** Most expressions come from a few rules; patterns made of data must not fill the memory. */
const MAX_KNOWN = 1000
const known = new RecentMap<string, RE2JS>(MAX_KNOWN)

/** A pattern in RE2's syntax, matched in linear time. Throws EvaluationError with Go's text for one that is none. */
export function regexOf(source: string): RE2JS {
  const compiled = known.get(source)
  if (compiled) return compiled
  const error = patternError(source)
  if (error !== undefined) throw new EvaluationError(error)
  const regex = RE2JS.compile(source)
  known.set(source, regex)
  return regex
}

function legalRegex(source: string): RE2JS {
  try {
    return regexOf(source)
  } catch (cause) {
    throw new EvaluationError(`Illegal regex: ${(cause as Error).message}`, { cause })
  }
}

function find(text: string, source: string): string {
  const matcher = legalRegex(source).matcher(text)
  return matcher.find() ? (matcher.group() ?? '') : ''
}

function findAll(text: string, source: string, limit = -1n): ListValue {
  const matcher = legalRegex(source).matcher(text)
  const found: string[] = []
  while ((limit < 0n || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '')
  return new ArrayList(found)
}

/** Kubernetes' library of regular expressions. */
export const regexes: readonly Overload[] = [
  overload('string.find(string) -> string', find, finding),
  overload('string.findAll(string) -> list(string)', findAll, finding),
  overload('string.findAll(string, int) -> list(string)', findAll, finding),
]
