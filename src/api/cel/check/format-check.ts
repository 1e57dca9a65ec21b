import { formatProblem, readClauses } from '../functions/text-format.ts'
import type { CallExpr, Expr } from '../syntax/ast.ts'
import type { SourceError } from '../syntax/source-error.ts'
import type { Checked } from './checker.ts'

/** Kinds of types that a clause takes; `%s` takes what has a text. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  s: 'list map int uint double bool string timestamp bytes duration type null'.split(' '),
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
}

/** What is wrong with a format and its arguments where both are literals. Upstream: stringFormatValidator of cel-go. */
export function formatErrors(call: CallExpr, checked: Checked): SourceError[] {
  const { target, args } = call
  const [list] = args
  if (call.name !== 'format' || target?.kind !== 'literal' || typeof target.value !== 'string') return []
  if (list?.kind !== 'list' || args.length !== 1) return []
  const values = list.items.map(({ value }) => value)
  const clauses = readClauses(target.value)
  for (const [index, clause] of clauses.entries()) {
    const arg = values[index]
    if (clause.problem !== undefined) return [{ offset: call.offset, message: clause.problem }]
    if (!arg) return [{ offset: call.offset, message: `index ${index} out of range` }]
    const wrong = misfit(arg, clause.verb, checked)
    if (wrong) return [{ offset: wrong.offset, message: formatProblem(clause.verb, typeName(wrong, checked)) }]
  }
  if (values.length <= clauses.length) return []
  const counts = `(expected ${clauses.length}, got ${values.length})`
  return [{ offset: call.offset, message: `too many arguments supplied to string.format ${counts}` }]
}

const typeName = ({ id }: Expr, { types }: Checked): string => types.get(id)?.name ?? 'dyn'

/** The argument, or what in it has no text. */
function misfit(arg: Expr, verb: string, checked: Checked): Expr | undefined {
  const kind = checked.types.get(arg.id)?.kind ?? 'dyn'
  if (kind !== 'dyn' && TAKES[verb]?.includes(kind) !== true) return arg
  if (verb !== 's') return undefined
  const inner = arg.kind === 'list' ? arg.items.map(({ value }) => value) : []
  const entries = arg.kind === 'map' ? arg.entries.flatMap(({ key, value }) => [key, value]) : []
  for (const part of [...inner, ...entries]) {
    const wrong = misfit(part, verb, checked)
    if (wrong) return wrong
  }
  return undefined
}
