import { ACCUMULATOR, type CallExpr, type Expr, type Literal } from './ast.ts'

/** Makes nodes of a macro's expansion, with new ids, at the place of the macro. */
export interface Maker {
  literal(value: Literal): Expr
  ident(name: string): Expr
  list(...items: Expr[]): Expr
  map(): Expr
  call(name: string, ...args: Expr[]): Expr
  member(name: string, target: Expr, ...args: Expr[]): Expr
  test(operand: Expr, field: string): Expr
  fold(parts: {
    range: Expr
    variables: readonly [string, string?]
    accumulator?: string
    init: Expr
    condition: Expr
    step: Expr
    result: Expr
  }): Expr
  copy(expr: Expr): Expr
}

/** Why a macro's arguments do not fit; the message points at the argument. */
export class MacroError extends Error {
  readonly offset: number
  constructor(at: Expr, message: string) {
    super(message)
    this.offset = at.offset
  }
}

/** The expansion, or undefined where it is an ordinary call after all. Throws MacroError. */
export type Macro = (make: Maker, target: Expr, args: readonly Expr[]) => Expr | undefined

const simpleName = (expr: Expr, problem: string): string => {
  if (expr.kind !== 'ident') throw new MacroError(expr, problem)
  if (expr.name === ACCUMULATOR || expr.name === '__result__') {
    throw new MacroError(expr, 'iteration variable overwrites accumulator variable')
  }
  return expr.name
}

/** One variable or two, by how many arguments there are before the last `rest`. */
function variables(args: readonly Expr[], count: number, problem: string): readonly [string, string?] {
  const first = simpleName(args[0] as Expr, count === 1 ? problem : 'argument must be a simple name')
  if (count === 1) return [first]
  const second = simpleName(args[1] as Expr, 'argument must be a simple name')
  if (first === second) throw new MacroError(args[1] as Expr, `duplicate variable name: ${first}`)
  return [first, second]
}

const accumulator = (make: Maker): Expr => make.ident(ACCUMULATOR)

const all =
  (count: number): Macro =>
  (make, range, args) =>
    make.fold({
      range,
      variables: variables(args, count, 'argument must be a simple name'),
      init: make.literal(true),
      condition: make.call('@not_strictly_false', accumulator(make)),
      step: make.call('_&&_', accumulator(make), args[count] as Expr),
      result: accumulator(make),
    })

const exists =
  (count: number): Macro =>
  (make, range, args) =>
    make.fold({
      range,
      variables: variables(args, count, 'argument must be a simple name'),
      init: make.literal(false),
      condition: make.call('@not_strictly_false', make.call('!_', accumulator(make))),
      step: make.call('_||_', accumulator(make), args[count] as Expr),
      result: accumulator(make),
    })

const existsOne =
  (count: number): Macro =>
  (make, range, args) =>
    make.fold({
      range,
      variables: variables(args, count, 'argument must be a simple name'),
      init: make.literal(0n),
      condition: make.literal(true),
      step: make.call(
        '_?_:_',
        args[count] as Expr,
        make.call('_+_', accumulator(make), make.literal(1n)),
        accumulator(make),
      ),
      result: make.call('_==_', accumulator(make), make.literal(1n)),
    })

/** `map`, `transformList`, `transformMap`: with a filter before the transformation, or without. */
const collect =
  (count: number, filtered: boolean, start: 'list' | 'map', add: (make: Maker, args: readonly Expr[]) => Expr): Macro =>
  (make, range, args) => {
    const names = variables(args, count, 'argument is not an identifier')
    const step = add(make, args)
    return make.fold({
      range,
      variables: names,
      init: start === 'list' ? make.list() : make.map(),
      condition: make.literal(true),
      step: filtered ? make.call('_?_:_', args[count] as Expr, step, accumulator(make)) : step,
      result: accumulator(make),
    })
  }

const appendLast = (make: Maker, args: readonly Expr[]): Expr =>
  make.call('_+_', accumulator(make), make.list(args.at(-1) as Expr))
const insertLast = (make: Maker, args: readonly Expr[]): Expr =>
  make.call(
    'cel.@mapInsert',
    accumulator(make),
    make.ident((args[0] as { name: string } & Expr).name),
    args.at(-1) as Expr,
  )
const insertEntry = (make: Maker, args: readonly Expr[]): Expr =>
  make.call('cel.@mapInsert', accumulator(make), args.at(-1) as Expr)

const filter: Macro = (make, range, args) => {
  const names = variables(args, 1, 'argument is not an identifier')
  const append = make.call('_+_', accumulator(make), make.list(args[0] as Expr))
  return make.fold({
    range,
    variables: names,
    init: make.list(),
    condition: make.literal(true),
    step: make.call('_?_:_', args[1] as Expr, append, accumulator(make)),
    result: accumulator(make),
  })
}

/** Names `value` within `result`: a loop that never runs. */
const bind = (make: Maker, name: string, value: Expr, result: Expr): Expr =>
  make.fold({
    range: make.list(),
    variables: ['#unused'],
    accumulator: name,
    init: value,
    condition: make.literal(false),
    step: make.ident(name),
    result,
  })

const optionalMap =
  (name: string, wrap: (make: Maker, value: Expr) => Expr): Macro =>
  (make, target, args) => {
    const variable = args[0] as Expr
    if (variable.kind !== 'ident') {
      throw new MacroError(variable, `${name}() variable name must be a simple identifier`)
    }
    const value = bind(make, variable.name, make.member('value', make.copy(target)), args[1] as Expr)
    return make.call('_?_:_', make.member('hasValue', target), wrap(make, value), make.call('optional.none'))
  }

const SORTED_INPUT = '@__sortBy_input__'

const sortBy: Macro = (make, target, args) => {
  if (target.kind === 'literal' || target.kind === 'map') {
    const problem = 'sortBy can only be applied to a list, identifier, comprehension, call or select expression'
    throw new MacroError(target, problem)
  }
  const keys = collect(1, false, 'list', appendLast)(make, make.ident(SORTED_INPUT), args) as Expr
  return bind(make, SORTED_INPUT, target, make.member('@sortByAssociatedKeys', make.ident(SORTED_INPUT), keys))
}

/** Macros called on a value, by name and number of arguments: `all:2`. Those of v1.36's base environment. */
export const MEMBER_MACROS: ReadonlyMap<string, Macro> = new Map([
  ['all:2', all(1)],
  ['all:3', all(2)],
  ['exists:2', exists(1)],
  ['exists:3', exists(2)],
  ['exists_one:2', existsOne(1)],
  ['existsOne:2', existsOne(1)],
  ['exists_one:3', existsOne(2)],
  ['existsOne:3', existsOne(2)],
  ['map:2', collect(1, false, 'list', appendLast)],
  ['map:3', collect(1, true, 'list', appendLast)],
  ['filter:2', filter],
  ['transformList:3', collect(2, false, 'list', appendLast)],
  ['transformList:4', collect(2, true, 'list', appendLast)],
  ['transformMap:3', collect(2, false, 'map', insertLast)],
  ['transformMap:4', collect(2, true, 'map', insertLast)],
  ['transformMapEntry:3', collect(2, false, 'map', insertEntry)],
  ['transformMapEntry:4', collect(2, true, 'map', insertEntry)],
  ['optMap:2', optionalMap('optMap', (make, value) => make.call('optional.of', value))],
  ['optFlatMap:2', optionalMap('optFlatMap', (_, value) => value)],
  ['sortBy:2', sortBy],
])

/** `has(a.b)`, the only macro that is called without a value. Throws MacroError. */
export function expandHas(make: Maker, { args }: Pick<CallExpr, 'args'>): Expr {
  const field = args[0] as Expr
  if (field.kind !== 'select') throw new MacroError(field, 'invalid argument to has() macro')
  return make.test(field.operand, field.field)
}
