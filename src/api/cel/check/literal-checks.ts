import { patternError } from '../../crd/values/pattern.ts'
import type { CallExpr, Expr } from '../syntax/ast.ts'
import { childrenOf } from '../syntax/children.ts'
import type { SourceError } from '../syntax/source-error.ts'
import type { CelType } from '../type.ts'
import { Duration } from '../values/duration.ts'
import { Timestamp } from '../values/timestamp.ts'
import type { Checked } from './checker.ts'

/** What is wrong with literals of an expression whose types are right: those of functions, and lists of mixed types. */
export function literalErrors(expr: Expr, checked: Checked): SourceError[] {
  const errors: SourceError[] = []
  walk(expr, checked, false, errors)
  return errors
}

function walk(expr: Expr, checked: Checked, isExempt: boolean, errors: SourceError[]): void {
  if (expr.kind === 'call') checkCall(expr, errors)
  if (expr.kind === 'list' && !isExempt) {
    checkSame(
      expr.items.map(({ value }) => value),
      checked,
      errors,
    )
  }
  if (expr.kind === 'map' && !isExempt) {
    checkSame(
      expr.entries.map(({ key }) => key),
      checked,
      errors,
    )
    checkSame(
      expr.entries.map(({ value }) => value),
      checked,
      errors,
    )
  }
  const exempts = isExempt || (expr.kind === 'call' && expr.name === 'format')
  for (const child of childrenOf(expr)) walk(child, checked, exempts, errors)
}

/** Only what is certain to fail is refused here: the first argument of `matches` is its pattern as a function only. */
const LITERAL_CHECKS: Readonly<Record<string, (text: string) => boolean>> = {
  duration: (text) => Duration.parse(text) !== undefined,
  timestamp: isTimestamp,
  matches: (text) => patternError(text) === undefined,
}

function checkCall({ name, args: [arg] }: CallExpr, errors: SourceError[]): void {
  const check = LITERAL_CHECKS[name]
  if (!check || arg?.kind !== 'literal' || typeof arg.value !== 'string' || check(arg.value)) return
  errors.push({ offset: arg.offset, message: `invalid ${name} argument` })
}

function isTimestamp(text: string): boolean {
  try {
    return Timestamp.parse(text) !== undefined
  } catch {
    return false
  }
}

function checkSame(exprs: readonly Expr[], { types }: Checked, errors: SourceError[]): void {
  const [first] = exprs
  const wanted = first && (types.get(first.id) as CelType)
  for (const expr of exprs) {
    const type = types.get(expr.id) as CelType
    if (wanted === undefined || isEquivalent(wanted, type)) continue
    errors.push({ offset: expr.offset, message: `expected type '${wanted.text}' but found '${type.text}'` })
    return
  }
}

function isEquivalent(a: CelType, b: CelType): boolean {
  if (a.kind !== b.kind || a.name !== b.name || a.parameters.length !== b.parameters.length) return false
  return a.parameters.every((parameter, index) => isEquivalent(parameter, b.parameter(index)))
}
