import {
  affix,
  containment,
  joining,
  listTraversal,
  matching,
  nominal,
  quoting,
  replacement,
  splitting,
  traversal,
} from '../cost/call-costs.ts'
import { EvaluationError, noSuchOverload } from '../values/evaluation-error.ts'
import { ArrayList, type ListValue } from '../values/list.ts'
import { textSize } from '../values/size.ts'
import { type Overload, overload } from './overload.ts'
import { quote } from './quote.ts'
import { regexOf } from './regexes.ts'
import { formatted } from './text-format.ts'

const isAscii = (text: string): boolean => textSize(text) === text.length

const outOfRange = (index: bigint): EvaluationError => new EvaluationError(`index out of range: ${index}`)

function charAt(text: string, index: bigint): string {
  const chars = [...text]
  if (index < 0n || index > chars.length) throw outOfRange(index)
  return chars[Number(index)] ?? ''
}

/** Positions are those of code points. */
function indexOf(text: string, part: string, from = 0n): bigint {
  if (from < 0n) throw outOfRange(from)
  const length = textSize(text)
  if (part === '') return from > length ? BigInt(length) : from
  if (from >= length) return -1n
  return positionOf(text, text.indexOf(part, unitOf(text, Number(from))))
}

function lastIndexOf(text: string, part: string, until?: bigint): bigint {
  const length = textSize(text)
  if (until !== undefined && until < 0n) throw outOfRange(until)
  if (part === '') return until === undefined || until > length ? BigInt(length) : until
  if (until !== undefined && until >= length) return -1n
  return positionOf(text, text.lastIndexOf(part, until === undefined ? undefined : unitOf(text, Number(until))))
}

/** UTF-16 units before a code point, and the other way round. */
const unitOf = (text: string, point: number): number =>
  isAscii(text) ? point : [...text].slice(0, point).join('').length
const positionOf = (text: string, unit: number): bigint =>
  unit < 0 || isAscii(text) ? BigInt(unit) : BigInt(textSize(text.slice(0, unit)))

/** Upstream has no limit: replacing costs as much as reading, whatever it makes. */
const MAX_LENGTH = 2 ** 24

function checkLength(length: number): void {
  if (length > MAX_LENGTH) throw new EvaluationError('result too large')
}

function replace(text: string, part: string, by: string, limit = -1n): string {
  const most = part === '' ? text.length + 1 : text.split(part).length - 1
  const count = limit < 0n || limit > most ? most : Number(limit)
  checkLength(text.length + count * by.length)
  if (part === '') return between(text, by, count)
  if (count === most) return text.replaceAll(part, () => by)
  const pieces = text.split(part)
  return [...pieces.slice(0, count), pieces.slice(count).join(part)].join(by)
}

/** An empty text is found before each character and at the end. */
function between(text: string, by: string, limit: number): string {
  const chars = [...text]
  const parts = chars.map((char, index) => (index < limit ? by : '') + char)
  return parts.join('') + (chars.length < limit ? by : '')
}

function split(text: string, separator: string, limit = -1n): ListValue {
  if (limit === 0n) return new ArrayList([])
  const parts = separator === '' ? [...text] : text.split(separator)
  if (limit < 0n || parts.length <= limit) return new ArrayList(parts)
  const kept = Number(limit) - 1
  return new ArrayList([...parts.slice(0, kept), parts.slice(kept).join(separator)])
}

function substring(text: string, start: bigint, end?: bigint): string {
  const length = BigInt(textSize(text))
  if (end !== undefined && start > end) {
    throw new EvaluationError(`invalid substring range. start: ${start}, end: ${end}`)
  }
  if (start < 0n || start > length) throw outOfRange(start)
  if (end !== undefined && (end < 0n || end > length)) throw outOfRange(end)
  return [...text].slice(Number(start), end === undefined ? undefined : Number(end)).join('')
}

function join(list: ListValue, separator = ''): string {
  const parts: string[] = []
  for (const part of list) {
    if (typeof part !== 'string') throw new EvaluationError(`join: invalid input: ${String(part)}`)
    parts.push(part)
  }
  checkLength(parts.reduce((sum, part) => sum + part.length + separator.length, 0))
  return parts.join(separator)
}

const lowerAscii = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())
const upperAscii = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase())
/** What Go's unicode.IsSpace takes for space. */
const SPACE = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const OUTER_SPACE = new RegExp(`^${SPACE}|${SPACE}$`, 'g')

/** The standard functions of texts, and version 2 of cel-go's extension for them. */
export const texts: readonly Overload[] = [
  overload('string.contains(string) -> bool', (text: string, part: string) => text.includes(part), containment),
  overload('string.endsWith(string) -> bool', (text: string, part: string) => text.endsWith(part), affix),
  overload('string.startsWith(string) -> bool', (text: string, part: string) => text.startsWith(part), affix),
  overload('matches(string, string) -> bool', matches, nominal),
  overload('string.matches(string) -> bool', matches, matching),
  overload('string.charAt(int) -> string', charAt),
  overload('string.indexOf(string) -> int', indexOf, listTraversal),
  overload('string.indexOf(string, int) -> int', indexOf, listTraversal),
  overload('string.lastIndexOf(string) -> int', lastIndexOf, listTraversal),
  overload('string.lastIndexOf(string, int) -> int', lastIndexOf, listTraversal),
  overload('string.lowerAscii() -> string', lowerAscii, traversal(0, 1, true)),
  overload('string.upperAscii() -> string', upperAscii, traversal(0, 1, true)),
  overload('string.replace(string, string) -> string', replace, replacement),
  overload('string.replace(string, string, int) -> string', replace, replacement),
  overload('string.split(string) -> list(string)', split, splitting),
  overload('string.split(string, int) -> list(string)', split, splitting),
  overload('string.substring(int) -> string', substring, traversal(0, 1, true)),
  overload('string.substring(int, int) -> string', substring, traversal(0, 1, true)),
  overload('string.trim() -> string', (text: string) => text.replace(OUTER_SPACE, ''), traversal(0, 1, true)),
  overload('string.format(list(dyn)) -> string', formatted, traversal(0)),
  overload('strings.quote(string) -> string', quote, quoting),
  overload('list(string).join() -> string', join, joining),
  overload('list(string).join(string) -> string', join, joining),
]

function matches(text: string, regex: string): boolean {
  if (typeof text !== 'string' || typeof regex !== 'string') throw noSuchOverload()
  return regexOf(regex).test(text)
}
