/** A literal's value: int is a bigint, double a number. */
export type Literal =
  | null
  | boolean
  | bigint
  | number
  | string
  | { readonly uint: bigint }
  | { readonly bytes: Uint8Array }

interface Node {
  /** Unique within one expression; nodes of a macro that were copied get their own. */
  readonly id: number
  /** Where errors point, in UTF-16 units. */
  readonly offset: number
}

export interface LiteralExpr extends Node {
  readonly kind: 'literal'
  readonly value: Literal
}
export interface IdentExpr extends Node {
  readonly kind: 'ident'
  readonly name: string
}
export interface SelectExpr extends Node {
  readonly kind: 'select'
  readonly operand: Expr
  readonly field: string
  /** Whether `has(operand.field)` is asked rather than the value. */
  readonly test: boolean
}
export interface CallExpr extends Node {
  readonly kind: 'call'
  readonly target: Expr | undefined
  readonly name: string
  readonly args: readonly Expr[]
}
export interface ListExpr extends Node {
  readonly kind: 'list'
  readonly items: readonly { readonly value: Expr; readonly optional: boolean }[]
}
export interface MapExpr extends Node {
  readonly kind: 'map'
  readonly entries: readonly { readonly key: Expr; readonly value: Expr; readonly optional: boolean }[]
}
/** A loop, what every macro over lists and maps becomes. */
export interface FoldExpr extends Node {
  readonly kind: 'fold'
  readonly range: Expr
  readonly variable: string
  /** With two variables the first is the index or key, the second the value. */
  readonly variable2: string | undefined
  readonly accumulator: string
  readonly init: Expr
  readonly condition: Expr
  readonly step: Expr
  readonly result: Expr
}

export type Expr = LiteralExpr | IdentExpr | SelectExpr | CallExpr | ListExpr | MapExpr | FoldExpr

/** The loop variable of macros. The sign makes it a name that no expression can use. */
export const ACCUMULATOR = '@result'

/** `cel.bind` and its kin: a loop that never runs, only names a value. */
export function isBind({ range, condition, accumulator }: FoldExpr): boolean {
  const empty = range.kind === 'list' && range.items.length === 0
  return empty && condition.kind === 'literal' && condition.value === false && accumulator !== ACCUMULATOR
}
