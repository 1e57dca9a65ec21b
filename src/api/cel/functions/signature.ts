import { type CelType, listOf, mapOf, optionalOf, Types, typeOf, typeParameter } from '../type.ts'
import { LibraryTypes } from './library-types.ts'

export interface Signature {
  readonly name: string
  readonly isMember: boolean
  readonly parameters: readonly CelType[]
  readonly result: CelType
  readonly typeParameters: readonly string[]
}

/** `string.split(string, int) -> list(string)`: in `a.b(c)` a is the receiver's type if it is one, else part of the name. */
export function parseSignature(signature: string): Signature {
  const [head = '', result = ''] = signature.split(' -> ')
  const open = openingParenthesis(head)
  const path = head.slice(0, open)
  const dot = path.lastIndexOf('.')
  const receiver = isType(path.slice(0, dot)) ? path.slice(0, dot) : undefined
  const parameters = splitTypes(head.slice(open + 1, -1))
  return {
    name: receiver === undefined ? path : path.slice(dot + 1),
    isMember: receiver !== undefined,
    parameters: [...(receiver === undefined ? [] : [receiver]), ...parameters].map(parseType),
    result: parseType(result),
    typeParameters: [...new Set(signature.match(/\b[A-Z]\b/g) ?? [])],
  }
}

/** Of the parameters: the one that the last parenthesis closes. */
function openingParenthesis(head: string): number {
  let depth = 0
  for (let index = head.length - 1; index >= 0; index--) {
    if (head[index] === ')') depth++
    else if (head[index] === '(' && --depth === 0) return index
  }
  throw new Error(`no parameters in ${head}`)
}

const isType = (text: string): boolean => /^[A-Z]$|\)$/.test(text) || text in SIMPLE

const SIMPLE: Readonly<Record<string, CelType>> = {
  bool: Types.bool,
  bytes: Types.bytes,
  double: Types.double,
  duration: Types.duration,
  dyn: Types.dyn,
  int: Types.int,
  null: Types.null,
  string: Types.string,
  timestamp: Types.timestamp,
  type: Types.type,
  uint: Types.uint,
  ...LibraryTypes,
}

function parseType(text: string): CelType {
  const simple = SIMPLE[text]
  if (simple) return simple
  if (/^[A-Z]$/.test(text)) return typeParameter(text)
  const [, base, inner = ''] = /^(\w+)\((.*)\)$/.exec(text) ?? []
  const [first = Types.dyn, second = Types.dyn] = splitTypes(inner).map(parseType)
  switch (base) {
    case 'list':
      return listOf(first)
    case 'map':
      return mapOf(first, second)
    case 'optional':
      return optionalOf(first)
    case 'type':
      return typeOf(first)
    default:
      throw new Error(`no type ${text}`)
  }
}

/** At the commas that are in no parentheses. */
function splitTypes(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let index = 0; index <= text.length; index++) {
    const char = text[index]
    if (char === '(') depth++
    else if (char === ')') depth--
    else if ((char === undefined || char === ',') && depth === 0) {
      parts.push(text.slice(start, index).trim())
      start = index + 1
    }
  }
  return parts.filter((part) => part !== '')
}
