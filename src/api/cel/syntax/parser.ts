import { ACCUMULATOR, type Expr, type Literal } from './ast.ts'
import { type Token, tokenize } from './lexer.ts'
import { bytesLiteral, stringLiteral } from './literal.ts'
import { expandHas, MacroError, type Maker, MEMBER_MACROS } from './macros.ts'
import type { SourceError } from './source-error.ts'

/** Either the expression with its macros expanded, or what is wrong with it, in the words of cel-go's parser. */
export type Parsed =
  | { readonly ok: true; readonly expr: Expr; readonly nodes: number }
  | { readonly ok: false; readonly errors: readonly SourceError[] }

const RESERVED = new Set(
  'as break const continue else for function if import let loop package namespace return var void while'.split(' '),
)
const KEYWORDS = new Set(['in', 'true', 'false', 'null'])
const MAX_DEPTH = 250
const OPERAND =
  "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER"
const OPERAND_OR_END =
  "'[', '{', '}', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER"
const ITEM_OR_END =
  "'[', ']', '{', '(', '.', ',', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER"
const ARGUMENT_OR_END =
  "'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER"

/** The loosest first. Operators of one row bind to the left. */
const BINARY: readonly (readonly string[])[] = [
  ['<', '<=', '>=', '>', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
]

/** Parsing stops at the first token that fits nowhere: what follows it would be guesses. */
class Stop extends Error {}

/** Parses an expression by the grammar of CEL, with optional syntax and escaped identifiers. Never throws. */
export function parse(source: string): Parsed {
  const errors: SourceError[] = []
  const parser = new Parser(tokenize(source, errors), errors)
  const expr = parser.start()
  return errors.length === 0 && expr !== undefined ? { ok: true, expr, nodes: parser.nodes } : { ok: false, errors }
}

class Parser {
  readonly #tokens: readonly Token[]
  readonly #errors: SourceError[]
  #index = 0
  #depth = 0
  /** Ids 1…nodes are in use. */
  nodes = 0

  constructor(tokens: readonly Token[], errors: SourceError[]) {
    this.#tokens = tokens
    this.#errors = errors
  }

  start(): Expr | undefined {
    try {
      const expr = this.#expr()
      if (this.#peek.kind !== 'end') this.#unexpected('<EOF>', this.#after.kind === 'end')
      return expr
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      return undefined
    }
  }

  get #peek(): Token {
    return this.#tokens[this.#index] as Token
  }

  get #after(): Token {
    return this.#tokens[Math.min(this.#index + 1, this.#tokens.length - 1)] as Token
  }

  #is(text: string): boolean {
    const { kind, text: found } = this.#peek
    return found === text && (kind === 'symbol' || kind === 'ident')
  }

  #take(text: string): Token | undefined {
    if (!this.#is(text)) return undefined
    const token = this.#peek
    this.#index++
    return token
  }

  #next(): Token {
    const token = this.#peek
    this.#index++
    return token
  }

  #report(offset: number, message: string): void {
    this.#errors.push({ offset, message })
  }

  /** A token too many is reported and skipped where what follows fits; anything else ends the parsing. */
  #unexpected(expected: string, skip: boolean): void {
    const { text, offset } = this.#peek
    this.#report(offset, `Syntax error: ${skip ? 'extraneous' : 'mismatched'} input '${text}' expecting ${expected}`)
    if (!skip) throw new Stop()
    this.#index++
  }

  #expect(text: string, expected = `'${text}'`): Token {
    if (!this.#is(text)) this.#unexpected(expected, this.#after.text === text && this.#after.kind === 'symbol')
    return this.#next()
  }

  #node<T extends object>(offset: number, node: T): T & { id: number; offset: number } {
    return { id: ++this.nodes, offset, ...node }
  }

  #call(offset: number, name: string, ...args: Expr[]): Expr {
    return this.#node(offset, { kind: 'call' as const, target: undefined, name, args })
  }

  #expr(): Expr {
    if (++this.#depth > MAX_DEPTH) {
      this.#report(0, `expression recursion limit exceeded: ${MAX_DEPTH}`)
      throw new Stop()
    }
    const condition = this.#logical('||')
    const question = this.#take('?')
    if (question === undefined) {
      this.#depth--
      return condition
    }
    const yes = this.#logical('||')
    this.#expect(':')
    const no = this.#expr()
    this.#depth--
    return this.#call(question.offset, '_?_:_', condition, yes, no)
  }

  /** Long chains become balanced trees, as in cel-go, so that depth grows with the logarithm. */
  #logical(operator: '||' | '&&'): Expr {
    const operand = () => (operator === '||' ? this.#logical('&&') : this.#binary(0))
    const terms = [operand()]
    const offsets: number[] = []
    for (let token = this.#take(operator); token !== undefined; token = this.#take(operator)) {
      offsets.push(token.offset)
      terms.push(operand())
    }
    return terms.length === 1
      ? (terms[0] as Expr)
      : this.#balanced(`_${operator}_`, terms, offsets, 0, offsets.length - 1)
  }

  #balanced(name: string, terms: readonly Expr[], offsets: readonly number[], low: number, high: number): Expr {
    const middle = (low + high + 1) >> 1
    const left = middle === low ? (terms[middle] as Expr) : this.#balanced(name, terms, offsets, low, middle - 1)
    const right = middle === high ? (terms[middle + 1] as Expr) : this.#balanced(name, terms, offsets, middle + 1, high)
    return this.#call(offsets[middle] as number, name, left, right)
  }

  #binary(level: number): Expr {
    const operators = BINARY[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    while (operators.some((text) => this.#is(text))) {
      const { text, offset } = this.#next()
      const right = this.#binary(level + 1)
      left = this.#call(offset, text === 'in' ? '@in' : `_${text}_`, left, right)
    }
    return left
  }

  #unary(): Expr {
    const { text, offset } = this.#peek
    if (this.#is('!')) return this.#repeated('!', offset)
    if (!this.#is('-')) return this.#member()
    const { kind } = this.#after
    if (kind !== 'int' && kind !== 'float') return this.#repeated('-', offset)
    this.#next()
    const token = this.#next()
    return this.#members(this.#number(token, text, offset))
  }

  /** An even number of signs is none at all. */
  #repeated(sign: '!' | '-', offset: number): Expr {
    let count = 0
    while (this.#is(sign)) {
      if (sign === '-' && count > 0 && (this.#after.kind === 'int' || this.#after.kind === 'float')) break
      this.#next()
      count++
    }
    const operand = sign === '-' && this.#is('-') ? this.#unary() : this.#member()
    return count % 2 === 0 ? operand : this.#call(offset, sign === '!' ? '!_' : '-_', operand)
  }

  #member(): Expr {
    return this.#members(this.#primary())
  }

  #members(primary: Expr): Expr {
    let expr = primary
    for (;;) {
      const token = this.#peek
      if (this.#take('.')) expr = this.#selection(expr, token)
      else if (this.#take('[')) expr = this.#subscript(expr, token.offset)
      else return expr
    }
  }

  #selection(operand: Expr, dot: Token): Expr {
    const optional = this.#take('?') !== undefined
    const name = this.#fieldName(dot)
    if (!optional && this.#is('(') && name.escaped === false) {
      const open = this.#next().offset
      return this.#methodCall(operand, name.text, this.#arguments(), open)
    }
    if (!optional) return this.#node(dot.offset, { kind: 'select' as const, operand, field: name.text, test: false })
    const field: Expr = this.#node(dot.offset, { kind: 'literal' as const, value: name.text })
    return this.#call(dot.offset, '_?._', operand, field)
  }

  #fieldName(dot: Token): { text: string; escaped: boolean } {
    const token = this.#peek
    if (token.kind === 'escaped') return { text: this.#next().text.slice(1, -1), escaped: true }
    if (token.kind === 'ident' && !KEYWORDS.has(token.text)) return { text: this.#next().text, escaped: false }
    const input = token.kind === 'end' ? '.' : `.${token.text}`
    this.#report(
      token.kind === 'end' ? token.offset : dot.offset + 1,
      `Syntax error: no viable alternative at input '${input}'`,
    )
    throw new Stop()
  }

  #subscript(operand: Expr, offset: number): Expr {
    const optional = this.#take('?') !== undefined
    const index = this.#expr()
    this.#expect(']')
    return this.#call(offset, optional ? '_[?_]' : '_[_]', operand, index)
  }

  #arguments(): Expr[] {
    const args: Expr[] = []
    if (this.#take(')')) return args
    if (this.#peek.kind === 'end') this.#unexpected(`{${ARGUMENT_OR_END}}`, false)
    do args.push(this.#expr())
    while (this.#take(','))
    this.#expect(')')
    return args
  }

  #methodCall(target: Expr, name: string, args: readonly Expr[], offset: number): Expr {
    const macro = MEMBER_MACROS.get(`${name}:${args.length}`)
    const expanded = macro && this.#expand(offset, (make) => macro(make, target, args))
    return expanded ?? this.#node(offset, { kind: 'call' as const, target, name, args })
  }

  #expand(offset: number, macro: (make: Maker) => Expr | undefined): Expr | undefined {
    try {
      return macro(this.#maker(offset))
    } catch (error) {
      if (!(error instanceof MacroError)) throw error
      this.#report(error.offset, error.message)
      return this.#node(offset, { kind: 'literal' as const, value: null })
    }
  }

  #primary(): Expr {
    const token = this.#peek
    if (this.#take('(')) {
      const expr = this.#expr()
      this.#expect(')')
      return expr
    }
    if (this.#take('[')) return this.#list(token.offset)
    if (this.#take('{')) return this.#map(token.offset)
    const literal = this.#literal(token)
    if (literal !== undefined) return literal
    if (token.kind === 'ident' && token.text !== 'in') return this.#name(this.#next(), '')
    if (token.text === '.' && this.#after.kind === 'ident') {
      this.#next()
      return this.#name(this.#next(), '.')
    }
    this.#unexpected(`{${OPERAND}}`, this.#startsOperand(this.#after))
    return this.#unary()
  }

  #startsOperand({ kind, text }: Token): boolean {
    if (kind === 'symbol') return ['[', '{', '(', '.', '-', '!'].includes(text)
    return kind !== 'end' && kind !== 'escaped' && text !== 'in'
  }

  #name(token: Token, dot: '' | '.'): Expr {
    if (this.#is('(')) {
      const open = this.#next().offset
      return this.#globalCall(dot + token.text, this.#arguments(), open)
    }
    const struct = this.#structType(token)
    if (struct !== undefined) return this.#struct(dot + struct)
    if (RESERVED.has(token.text)) this.#report(token.offset, `reserved identifier: ${token.text}`)
    return this.#node(token.offset, { kind: 'ident' as const, name: dot + token.text })
  }

  #globalCall(name: string, args: readonly Expr[], offset: number): Expr {
    if (RESERVED.has(name)) this.#report(offset - name.length, `reserved identifier: ${name}`)
    if (name === 'has' && args.length === 1) {
      return this.#expand(offset, (make) => expandHas(make, { args })) as Expr
    }
    return this.#node(offset, { kind: 'call' as const, target: undefined, name: name.replace(/^\./, ''), args })
  }

  /** `a.b.C{`: looks ahead to the brace, and takes the names only when it is there. */
  #structType({ text }: Token): string | undefined {
    let index = this.#index
    let name = text
    for (; this.#tokens[index]?.text === '.' && this.#tokens[index + 1]?.kind === 'ident'; index += 2) {
      name += `.${this.#tokens[index + 1]?.text}`
    }
    const brace = this.#tokens[index]
    if (brace?.kind !== 'symbol' || brace.text !== '{') return undefined
    this.#index = index
    return name
  }

  #struct(type: string): Expr {
    const { offset } = this.#next()
    const fields: { offset: number; name: string; value: Expr; optional: boolean }[] = []
    while (!this.#is('}') && !this.#is(',')) {
      const optional = this.#take('?') !== undefined
      const token = this.#peek
      if (token.kind !== 'ident' && token.kind !== 'escaped') {
        this.#unexpected("{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}", this.#after.kind === 'ident')
      }
      const name = this.#next()
      const colon = this.#expect(':')
      const text = name.kind === 'escaped' ? name.text.slice(1, -1) : name.text
      fields.push({ offset: colon.offset, name: text, value: this.#expr(), optional })
      if (!this.#take(',')) break
    }
    this.#take(',')
    this.#expect('}', "{'}', ','}")
    return this.#node(offset, { kind: 'struct' as const, type, fields })
  }

  #list(offset: number): Expr {
    const items: { value: Expr; optional: boolean }[] = []
    while (!this.#is(']') && !this.#is(',')) {
      const optional = this.#take('?') !== undefined
      if (items.length === 0 && this.#peek.kind === 'end') this.#unexpected(`{${ITEM_OR_END}}`, false)
      items.push({ value: this.#expr(), optional })
      if (!this.#take(',')) break
    }
    this.#take(',')
    this.#expect(']', "{']', ','}")
    return this.#node(offset, { kind: 'list' as const, items })
  }

  #map(offset: number): Expr {
    const entries: { key: Expr; value: Expr; optional: boolean }[] = []
    while (!this.#is('}') && !this.#is(',')) {
      const optional = this.#take('?') !== undefined
      const { kind, text } = this.#peek
      if (kind === 'end' || text === ':') {
        this.#unexpected(`{${OPERAND_OR_END}}`, kind !== 'end' && this.#startsOperand(this.#after))
      }
      const key = this.#expr()
      this.#expect(':')
      entries.push({ key, value: this.#expr(), optional })
      if (!this.#take(',')) break
    }
    this.#take(',')
    this.#expect('}', "{'}', ','}")
    return this.#node(offset, { kind: 'map' as const, entries })
  }

  #literal(token: Token): Expr | undefined {
    if (token.kind === 'ident' && KEYWORDS.has(token.text) && token.text !== 'in') {
      this.#next()
      return this.#value(token.offset, token.text === 'null' ? null : token.text === 'true')
    }
    if (token.kind === 'int' || token.kind === 'uint' || token.kind === 'float') {
      return this.#number(this.#next(), '', token.offset)
    }
    if (token.kind !== 'string' && token.kind !== 'bytes') return undefined
    this.#next()
    if (token.kind === 'bytes') return this.#value(token.offset, { bytes: bytesLiteral(token.text) })
    return this.#value(token.offset, this.#string(token))
  }

  #string(token: Token): string {
    try {
      return stringLiteral(token.text)
    } catch (error) {
      this.#report(token.offset, (error as Error).message)
      return ''
    }
  }

  #value(offset: number, value: Literal): Expr {
    return this.#node(offset, { kind: 'literal' as const, value })
  }

  #number({ kind, text }: Token, sign: string, offset: number): Expr {
    if (kind === 'float') {
      const value = Number(sign + text)
      if (!Number.isFinite(value)) this.#report(offset, 'invalid double literal')
      return this.#value(offset, value)
    }
    const digits = BigInt(kind === 'uint' ? text.slice(0, -1) : text)
    const value = sign === '-' ? -digits : digits
    const fits = kind === 'uint' ? BigInt.asUintN(64, value) === value : BigInt.asIntN(64, value) === value
    if (!fits) this.#report(offset, kind === 'uint' ? 'invalid uint literal' : 'invalid int literal')
    return this.#value(offset, kind === 'uint' ? { uint: value } : value)
  }

  #maker(offset: number): Maker {
    const node = <T extends object>(parts: T) => this.#node(offset, parts)
    const make: Maker = {
      literal: (value) => node({ kind: 'literal' as const, value }),
      ident: (name) => node({ kind: 'ident' as const, name }),
      list: (...items) => node({ kind: 'list' as const, items: items.map((value) => ({ value, optional: false })) }),
      map: () => node({ kind: 'map' as const, entries: [] }),
      call: (name, ...args) => node({ kind: 'call' as const, target: undefined, name, args }),
      member: (name, target, ...args) => node({ kind: 'call' as const, target, name, args }),
      test: (operand, field) => node({ kind: 'select' as const, operand, field, test: true }),
      fold: ({ variables: [variable, variable2], accumulator = ACCUMULATOR, ...parts }) =>
        node({ kind: 'fold' as const, variable, variable2, accumulator, ...parts }),
      copy: (expr) => this.#copy(expr),
    }
    return make
  }

  /** The same expression with ids of its own, as types are kept by id. */
  #copy(expr: Expr): Expr {
    const copy = (child: Expr): Expr => this.#copy(child)
    const renewed = { ...expr, id: ++this.nodes }
    switch (renewed.kind) {
      case 'literal':
      case 'ident':
        return renewed
      case 'select':
        return { ...renewed, operand: copy(renewed.operand) }
      case 'call':
        return { ...renewed, target: renewed.target && copy(renewed.target), args: renewed.args.map(copy) }
      case 'list':
        return { ...renewed, items: renewed.items.map((item) => ({ ...item, value: copy(item.value) })) }
      case 'map':
        return {
          ...renewed,
          entries: renewed.entries.map((entry) => ({ ...entry, key: copy(entry.key), value: copy(entry.value) })),
        }
      case 'struct':
        return { ...renewed, fields: renewed.fields.map((field) => ({ ...field, value: copy(field.value) })) }
      case 'fold':
        return {
          ...renewed,
          range: copy(renewed.range),
          init: copy(renewed.init),
          condition: copy(renewed.condition),
          step: copy(renewed.step),
          result: copy(renewed.result),
        }
    }
  }
}
