import { patternError } from '../../crd/values/pattern.ts'
import type { CallExpr, Expr, Literal } from '../syntax/ast.ts'
import { childrenOf } from '../syntax/children.ts'
import type { SourceError } from '../syntax/source-error.ts'
import type { CelType } from '../type.ts'
import { Duration } from '../values/duration.ts'
import { Timestamp } from '../values/timestamp.ts'
import { unwrapped } from './bindings.ts'
import type { Checked } from './checker.ts'
import { formatErrors } from './format-check.ts'

/** What is wrong with literals of an expression whose types are right: those of functions, and lists of mixed types. */
export function literalErrors(expr: Expr, checked: Checked): SourceError[] {
  const errors: SourceError[] = []
  walk(expr, checked, false, errors)
  return errors
}

function walk(expr: Expr, checked: Checked, isExempt: boolean, errors: SourceError[]): void {
  if (expr.kind === 'call') {
    checkCall(expr, errors)
    errors.push(...formatErrors(expr, checked))
  }
  if (expr.kind === 'list' && !isExempt) checkSame(expr.items, checked, errors)
  if (expr.kind === 'map' && !isExempt) {
    const keys = expr.entries.map(({ key }) => ({ value: key, optional: false }))
    checkSame(keys, checked, errors)
    checkSame(expr.entries, checked, errors)
  }
  const exempts = isExempt || (expr.kind === 'call' && expr.name === 'format')
  for (const child of childrenOf(expr)) walk(child, checked, exempts, errors)
}

/** Only what is certain to fail is refused here: the first argument of `matches` is its pattern as a function only. */
const LITERAL_CHECKS: Readonly<Record<string, (literal: Literal) => boolean>> = {
  duration: (literal) => typeof literal !== 'string' || Duration.parse(literal) !== undefined,
  timestamp: isTimestamp,
  matches: (literal) => typeof literal !== 'string' || patternError(literal) === undefined,
}

function checkCall({ name, args: [arg] }: CallExpr, errors: SourceError[]): void {
  const check = LITERAL_CHECKS[name]
  if (!check || arg?.kind !== 'literal' || check(arg.value)) return
  errors.push({ offset: arg.offset, message: `invalid ${name} argument` })
}

function isTimestamp(literal: Literal): boolean {
  try {
    if (typeof literal === 'bigint') return Timestamp.checked(literal * 1_000_000_000n) !== undefined
    return typeof literal !== 'string' || Timestamp.parse(literal) !== undefined
  } catch {
    return false
  }
}

type Entry = Readonly<{ value: Expr; optional: boolean }>

function checkSame(entries: readonly Entry[], { types }: Checked, errors: SourceError[]): void {
  let wanted: CelType | undefined
  for (const { value, optional } of entries) {
    const whole = types.get(value.id) as CelType
    const type = optional ? unwrapped(whole) : whole
    wanted ??= type
    if (isEquivalent(wanted, type)) continue
    errors.push({ offset: value.offset, message: `expected type '${wanted.text}' but found '${type.text}'` })
    return
  }
}

function isEquivalent(a: CelType, b: CelType): boolean {
  if (a.kind !== b.kind || a.name !== b.name || a.parameters.length !== b.parameters.length) return false
  return a.parameters.every((parameter, index) => isEquivalent(parameter, b.parameter(index)))
}
