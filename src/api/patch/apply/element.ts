import type { ListMapType, SetType } from '../../merge-type.ts'
import { isObject, type JsonObject } from '../json-value.ts'
import { goJson } from './go-json.ts'

/**
 * A step of a field path, in its serialized form, which is canonical: equal steps are equal strings.
 * - `f:name`: a field or the key of a map
 * - `k:{"name":"c"}`: the item of a list that has these key fields, sorted by name
 * - `v:"x"`: the item of a set
 * - `i:0`: an item by its index; only read, never written
 */
export type PathElement = string

/** An item of a list that cannot be told from others; the message is structured-merge-diff's. */
export class ElementError extends Error {}

/** There are few names of fields, and each is asked for often: a made string costs more than a found one. */
const fieldElements = new Map<string, PathElement>()
const MAX_KNOWN = 20_000

export function fieldElement(name: string): PathElement {
  const known = fieldElements.get(name)
  if (known !== undefined) return known
  const element = `f:${name}`
  if (fieldElements.size < MAX_KNOWN) fieldElements.set(name, element)
  return element
}

/** The element that names an item of a list; throws ElementError for items that have no name. */
export function itemElement(type: SetType | ListMapType, item: unknown): PathElement {
  return type.kind === 'set' ? valueElement(item) : keyElement(type, item)
}

function valueElement(item: unknown): PathElement {
  if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null")
  if (Array.isArray(item)) throw new ElementError('not supported: associative list with lists as elements')
  if (isObject(item)) throw new ElementError("associative list without keys has an element that's a map type")
  return `v:${goJson(item)}`
}

/** Key fields that are neither given nor have a default are left out. */
function keyElement({ keys, defaults }: ListMapType, item: unknown): PathElement {
  if (item === null) throw new ElementError('associative list with keys may not have a null element')
  if (!isObject(item)) throw new ElementError('associative list with keys may not have non-map elements')
  const [first] = keys
  if (keys.length === 1 && first !== undefined && typeof item[first] === 'string') {
    return `k:{${goJson(first)}:${goJson(item[first])}}` // nearly always
  }
  const fields: string[] = []
  for (const key of keys.length > 1 ? [...keys].sort() : keys) {
    const value = item[key] === undefined ? defaults[key] : item[key]
    if (value !== undefined) fields.push(`${goJson(key)}:${goJson(value)}`)
  }
  if (fields.length === 0 && keys.length > 0) {
    const names = `[${keys.map((key) => JSON.stringify(key)).join(' ')}]`
    const why = `associative list with keys has an element that omits all key fields ${names}`
    throw new ElementError(`${why} (and doesn't have default values for any key fields)`)
  }
  return `k:{${fields.join(',')}}`
}

/**
 * The canonical form of an element that somebody else wrote; undefined for a kind of element that is not known here.
 * Throws a SyntaxError when it is none.
 */
export function parseElement(text: string): PathElement | undefined {
  if (text.length < 2) throw new SyntaxError('key must be 2 characters long:')
  if (text[1] !== ':') throw new SyntaxError(`missing colon: ${text}`)
  const rest = text.slice(2)
  switch (text[0]) {
    case 'f':
      return text
    case 'v':
      return `v:${goJson(JSON.parse(rest))}`
    case 'k':
      return canonicalKey(JSON.parse(rest))
    case 'i':
      if (!/^[+-]?\d+$/.test(rest)) throw new SyntaxError(`parsing ${JSON.stringify(rest)}: invalid syntax`)
      return `i:${Number(rest)}`
    default:
      return undefined
  }
}

function canonicalKey(key: unknown): PathElement {
  if (!isObject(key)) throw new SyntaxError('a key is an object')
  const names = Object.keys(key).sort()
  return `k:{${names.map((name) => `${goJson(name)}:${goJson(key[name])}`).join(',')}}`
}

/** For people: `.name`, `[name="c"]`, `[="x"]`, `[0]`. */
export function elementText(element: PathElement): string {
  const rest = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${rest}`
    case 'v':
      return `[=${valueText(JSON.parse(rest))}]`
    case 'k': {
      const fields = Object.entries(JSON.parse(rest) as JsonObject)
      return `[${fields.map(([name, value]) => `${name}=${valueText(value)}`).join(',')}]`
    }
    default:
      return `[${rest}]`
  }
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value)
  return Object.entries(value)
    .map(([name, member]) => `${name}=${valueText(member)}`)
    .join('')
}

/** A path as errors show it: `.spec.containers[name="c"].image`. */
export const pathText = (path: readonly PathElement[]): string => path.map(elementText).join('')

/** Orders elements as upstream does: fields by name, then keys, then values, then indices. */
export function compareElements(left: PathElement, right: PathElement): number {
  if (left === right) return 0
  if (left.startsWith('f:') && right.startsWith('f:')) return compareText(left, right)
  const kind = KINDS.indexOf(left[0] as string) - KINDS.indexOf(right[0] as string)
  if (kind !== 0) return kind
  return compareParsed(JSON.parse(left.slice(2)), JSON.parse(right.slice(2)))
}

const KINDS = 'fkvi'

/** The objects here are keys, whose fields are sorted already. */
function compareParsed(left: unknown, right: unknown): number {
  if (!isObject(left) || !isObject(right)) return compareValues(left, right)
  const [ours, theirs] = [Object.entries(left), Object.entries(right)]
  for (const [index, [name, value]] of ours.entries()) {
    const other = theirs[index]
    if (!other) return 1
    const order = compareText(name, other[0]) || compareValues(value, other[1])
    if (order !== 0) return order
  }
  return ours.length - theirs.length
}

/** Numbers, then strings, then bools. */
function compareValues(left: unknown, right: unknown): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right)
  const rank = (value: unknown): number => TYPES.indexOf(typeof value) * 2 + (value === true ? 1 : 0)
  return rank(left) - rank(right)
}

const TYPES = ['number', 'string', 'boolean', 'object']

/** Orders texts by their UTF-8 bytes, as Go does; JavaScript's own order differs where surrogates are. */
function compareText(left: string, right: string): number {
  if (left === right) return 0
  if (SURROGATE.test(left) || SURROGATE.test(right)) return Buffer.compare(Buffer.from(left), Buffer.from(right))
  return left < right ? -1 : 1
}

const SURROGATE = /[\ud800-\udfff]/
