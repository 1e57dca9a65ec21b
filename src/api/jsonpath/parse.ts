/** One step of a path, applied to each value found so far. */
export type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'wildcard' }
  /** Every value within, at any depth. */
  | { readonly kind: 'descend' }
  | { readonly kind: 'slice'; readonly from?: number; readonly to?: number; readonly by?: number }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'union'; readonly paths: readonly (readonly Step[])[] }
  /** Items of a list for which the condition holds; without `right`: for which `left` finds something. */
  | { readonly kind: 'filter'; readonly left: Operand; readonly op?: Comparison; readonly right?: Operand }

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>='

export type Operand =
  | { readonly kind: 'path'; readonly steps: readonly Step[] }
  | { readonly kind: 'literal'; readonly value: unknown }

/** A path that cannot be read. */
export class JsonPathError extends Error {
  constructor(path: string, why: string) {
    super(`invalid JSONPath ${JSON.stringify(path)}: ${why}`)
    this.name = 'JsonPathError'
  }
}

/**
 * Reads a path as kubectl's JSONPath templates have it within their braces (client-go util/jsonpath): `.spec.list[0].name`,
 * `['a','b']`, `[1:3]`, `[-1]`, `[*]`, `..name`, `[?(@.type=="Ready")]`, dots in names escaped as `\.`. Throws JsonPathError.
 */
export function parseJsonPath(text: string): readonly Step[] {
  const reader = new Reader(text)
  const steps: Step[] = []
  if (reader.peek() === '$' || reader.peek() === '@') reader.next()
  while (!reader.isAtEnd()) steps.push(...nextSteps(reader))
  return steps
}

class Reader {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  isAtEnd(): boolean {
    return this.at >= this.text.length
  }

  peek(): string {
    return this.text[this.at] ?? ''
  }

  next(): string {
    return this.text[this.at++] ?? ''
  }

  fail(why: string): never {
    throw new JsonPathError(this.text, why)
  }
}

function nextSteps(reader: Reader): Step[] {
  const first = reader.next()
  if (first === '[') return [bracketStep(inBrackets(reader))]
  if (first !== '.') return reader.fail(`unrecognized character ${JSON.stringify(first)}`)
  if (reader.peek() === '.') {
    reader.next()
    return reader.peek() === '[' ? [{ kind: 'descend' }] : [{ kind: 'descend' }, nameStep(reader)]
  }
  return reader.peek() === '[' ? [] : [nameStep(reader)]
}

function nameStep(reader: Reader): Step {
  let name = ''
  while (!reader.isAtEnd() && reader.peek() !== '.' && reader.peek() !== '[') {
    const char = reader.next()
    name += char === '\\' ? reader.next() : char
  }
  if (name === '') return reader.fail('a name is missing')
  return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name }
}

/** What stands between a bracket that was just opened and the one that closes it; quotes and brackets within may nest. */
function inBrackets(reader: Reader): string {
  const start = reader.at
  let depth = 1
  while (!reader.isAtEnd()) {
    const char = reader.next()
    if (char === '"' || char === "'") skipQuoted(reader, char)
    else if (char === '[') depth++
    else if (char === ']' && --depth === 0) return reader.text.slice(start, reader.at - 1).trim()
  }
  return reader.fail('unterminated array')
}

function skipQuoted(reader: Reader, quote: string): void {
  while (!reader.isAtEnd()) {
    const char = reader.next()
    if (char === '\\') reader.next()
    else if (char === quote) return
  }
  reader.fail('unterminated quoted string')
}

const SLICE = /^(-?\d+)?(?::(-?\d+)?)?(?::(-?\d+)?)?$/

function bracketStep(inner: string): Step {
  if (inner === '*') return { kind: 'wildcard' }
  if (inner.startsWith('?(') && inner.endsWith(')')) return filterStep(inner.slice(2, -1))
  const parts = splitUnion(inner)
  if (parts.length > 1) return { kind: 'union', paths: parts.map((part) => [bracketStep(part.trim())]) }
  const quoted = unquoted(inner)
  if (quoted !== undefined) return { kind: 'field', name: quoted }
  const slice = inner === '' ? null : SLICE.exec(inner)
  if (!slice) throw new JsonPathError(inner, 'invalid array index')
  if (!inner.includes(':')) return { kind: 'index', index: Number(inner) }
  const [, from, to, by] = slice
  return {
    kind: 'slice',
    ...(from !== undefined && { from: Number(from) }),
    ...(to !== undefined && { to: Number(to) }),
    ...(by !== undefined && { by: Number(by) }),
  }
}

/** Commas within quotes separate nothing. */
const splitUnion = (inner: string): string[] => inner.match(/(?:'(?:\\.|[^'])*'|"(?:\\.|[^"])*"|[^,])+/g) ?? [inner]

function unquoted(text: string): string | undefined {
  const match = /^(["'])(.*)\1$/s.exec(text)
  return match?.[2]?.replace(/\\(.)/gs, '$1')
}

const FILTER = /^([^!<>=]+)([!<>=]+)(.+)$/s
const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>='])

function filterStep(text: string): Step {
  const match = FILTER.exec(text)
  if (!match) return { kind: 'filter', left: operand(text.trim()) }
  const [, left = '', op = '', right = ''] = match
  if (!COMPARISONS.has(op)) throw new JsonPathError(text, `unrecognized filter operator ${op}`)
  return { kind: 'filter', left: operand(left.trim()), op: op as Comparison, right: operand(right.trim()) }
}

function operand(text: string): Operand {
  const quoted = unquoted(text)
  if (quoted !== undefined) return { kind: 'literal', value: quoted }
  if (text === 'true' || text === 'false') return { kind: 'literal', value: text === 'true' }
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return { kind: 'literal', value: Number(text) }
  return { kind: 'path', steps: parseJsonPath(text) }
}
