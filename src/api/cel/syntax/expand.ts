import type { ASTNode as LibraryNode } from '@marcbachmann/cel-js'
import { ACCUMULATOR, type Expr, type Literal } from './ast.ts'
import { expandHas, MacroError, type Maker, MEMBER_MACROS } from './macros.ts'
import type { Readable } from './optional-entries.ts'
import { SourceCursor } from './source-cursor.ts'
import type { SourceError } from './source-error.ts'

/** How deep expressions may be nested; upstream's limit on its parser's recursion. */
const MAX_DEPTH = 250

type NodeOf<Op extends LibraryNode['op']> = Extract<LibraryNode, { op: Op }>

/**
 * Turns the library's tree into ours, macros expanded: every node has an id, and the offset of its operator, as cel-go's
 * errors point there. Goes on after an error, so that all are told.
 */
export class Expander {
  readonly #cursor: SourceCursor
  readonly #optional: ReadonlySet<number>
  readonly errors: SourceError[] = []
  #depth = 0
  /** Ids 1…nodes are in use. */
  nodes = 0

  constructor({ source, optional }: Readable) {
    this.#cursor = new SourceCursor(source)
    this.#optional = optional
  }

  expand(node: LibraryNode): Expr {
    if (this.#depth === MAX_DEPTH * 4) return this.#tooDeep()
    this.#depth++
    const expr = this.#expand(node)
    this.#depth--
    return expr
  }

  #tooDeep(): Expr {
    if (this.errors.length === 0) this.#report(0, `expression recursion limit exceeded: ${MAX_DEPTH}`)
    return this.#literal(0, null)
  }

  #expand(node: LibraryNode): Expr {
    switch (node.op) {
      case 'value':
        return this.#value(node.start, node.args, '')
      case 'id':
        return this.#node(node.start, { kind: 'ident' as const, name: node.args })
      case '.':
        return this.#select(node)
      case '.?':
        return this.#optionalSelect(node)
      case '[]':
      case '[?]':
        return this.#index(node)
      case 'call':
        return this.#globalCall(node)
      case 'rcall':
        return this.#methodCall(node)
      case 'list':
        return this.#list(node)
      case 'map':
        return this.#map(node)
      case '?:':
        return this.#conditional(node)
      case '!_':
      case '-_':
        return this.#unary(node)
      default:
        return this.#binary(node)
    }
  }

  #node<T extends object>(offset: number, parts: T): T & { id: number; offset: number } {
    return { id: ++this.nodes, offset, ...parts }
  }

  #report(offset: number, message: string): void {
    this.errors.push({ offset, message })
  }

  #call(offset: number, name: string, ...args: Expr[]): Expr {
    return this.#node(offset, { kind: 'call' as const, target: undefined, name, args })
  }

  #literal(offset: number, value: Literal): Expr {
    return this.#node(offset, { kind: 'literal' as const, value })
  }

  /** Numbers come with their sign, as `-9223372036854775808` is one although its digits are none. */
  #value(offset: number, value: NodeOf<'value'>['args'], sign: '' | '-'): Expr {
    if (typeof value === 'number') return this.#literal(offset, sign === '-' ? -value : value)
    if (typeof value === 'bigint') return this.#integer(offset, sign === '-' ? -value : value)
    if (value instanceof Uint8Array) return this.#literal(offset, { bytes: value })
    if (typeof value === 'object' && value !== null) return this.#literal(offset, { uint: value.valueOf() as bigint })
    return this.#literal(offset, value)
  }

  #integer(offset: number, value: bigint): Expr {
    if (BigInt.asIntN(64, value) !== value) this.#report(offset, 'invalid int literal')
    return this.#literal(offset, value)
  }

  #select(node: NodeOf<'.'>): Expr {
    const [object, field] = node.args
    const operand = this.expand(object)
    return this.#node(this.#cursor.operatorAfter(object.end), { kind: 'select' as const, operand, field, test: false })
  }

  #optionalSelect(node: NodeOf<'.?'>): Expr {
    const [object, field] = node.args
    const operand = this.expand(object)
    const dot = this.#cursor.operatorAfter(object.end)
    return this.#call(dot, '_?._', operand, this.#literal(dot, field))
  }

  #index(node: NodeOf<'[]'> | NodeOf<'[?]'>): Expr {
    const [object, index] = node.args
    const bracket = this.#cursor.operatorAfter(object.end)
    return this.#call(bracket, node.op === '[]' ? '_[_]' : '_[?_]', this.expand(object), this.expand(index))
  }

  #globalCall(node: NodeOf<'call'>): Expr {
    const [name, parameters] = node.args
    const offset = this.#cursor.after(node.start + name.length)
    const args = parameters.map((arg) => this.expand(arg))
    if (name === 'has' && args.length === 1) return this.#macro(offset, (make) => expandHas(make, { args })) as Expr
    return this.#call(offset, name, ...args)
  }

  #methodCall(node: NodeOf<'rcall'>): Expr {
    const [name, receiver, parameters] = node.args
    const dot = this.#cursor.operatorAfter(receiver.end)
    const offset = this.#cursor.after(this.#cursor.after(dot + 1) + name.length)
    const target = this.expand(receiver)
    const args = parameters.map((arg) => this.expand(arg))
    const macro = MEMBER_MACROS.get(`${name}:${args.length}`)
    const expanded = macro && this.#macro(offset, (make) => macro(make, target, args))
    return expanded ?? this.#node(offset, { kind: 'call' as const, target, name, args })
  }

  #list(node: NodeOf<'list'>): Expr {
    const items = node.args.map((item) => ({ value: this.expand(item), optional: this.#optional.has(item.start) }))
    return this.#node(node.start, { kind: 'list' as const, items })
  }

  #map(node: NodeOf<'map'>): Expr {
    const entries = node.args.map(([key, value]) => ({
      key: this.expand(key),
      value: this.expand(value),
      optional: this.#optional.has(key.start),
    }))
    return this.#node(node.start, { kind: 'map' as const, entries })
  }

  #conditional(node: NodeOf<'?:'>): Expr {
    const [condition, yes, no] = node.args
    const question = this.#cursor.operatorAfter(condition.end)
    return this.#call(question, '_?_:_', this.expand(condition), this.expand(yes), this.expand(no))
  }

  /** A sign before digits belongs to the number; an even number of signs is none at all. */
  #unary(node: NodeOf<'!_'> | NodeOf<'-_'>): Expr {
    const operand = node.args
    if (node.op === '-_' && operand.op === 'value' && this.#isSign(node, operand)) {
      return this.#value(node.pos, operand.args, '-')
    }
    if (operand.op === node.op && this.#cursor.after(node.pos + 1) === operand.pos) return this.expand(operand.args)
    return this.#call(node.pos, node.op, this.expand(operand))
  }

  #isSign(sign: LibraryNode, { start, args }: NodeOf<'value'>): boolean {
    const isNumber = typeof args === 'bigint' || typeof args === 'number'
    return isNumber && this.#cursor.after(sign.pos + 1) === start
  }

  #binary(node: Exclude<LibraryNode, NodeOf<'value'>> & { args: unknown }): Expr {
    const [left, right] = node.args as [LibraryNode, LibraryNode]
    const name = node.op === 'in' ? '@in' : `_${node.op}_`
    return this.#call(this.#cursor.operatorAfter(left.end), name, this.expand(left), this.expand(right))
  }

  #macro(offset: number, macro: (make: Maker) => Expr | undefined): Expr | undefined {
    try {
      return macro(this.#maker(offset))
    } catch (error) {
      if (!(error instanceof MacroError)) throw error
      this.#report(error.offset, error.message)
      return this.#literal(offset, null)
    }
  }

  #maker(offset: number): Maker {
    const node = <T extends object>(parts: T) => this.#node(offset, parts)
    return {
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
