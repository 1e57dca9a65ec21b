import { Checker } from './check/checker.ts'
import { literalErrors } from './check/literal-checks.ts'
import { estimateCost, type SizeOfPath } from './cost/estimator.ts'
import type { Range } from './cost/range.ts'
import type { Environment } from './environment.ts'
import { Program } from './evaluate/program.ts'
import { parse } from './syntax/parse.ts'
import { displayErrors, type SourceError } from './syntax/source-error.ts'
import type { CelType } from './type.ts'

/** An expression that is right, and what is known of it. */
export interface Compiled {
  readonly ok: true
  readonly type: CelType
  /** The variables of the environment that it reads. */
  readonly variables: ReadonlySet<string>
  /** Least and most cost of one evaluation, where variables are as large as told. */
  estimate(sizeOfPath: SizeOfPath): Range
  /** Throws EvaluationError where a constant part cannot be evaluated. */
  program(): Program
}

/** `text`: all that is wrong, each with its line and a mark under it, as cel-go shows it. */
export interface Refused {
  readonly ok: false
  readonly text: string
}

/** Compiles an expression of the Common Expression Language. Never throws. */
export function compile(source: string, environment: Environment): Compiled | Refused {
  const parsed = parse(source)
  if (!parsed.ok) return refused(source, parsed.errors)
  const { expr } = parsed
  const checker = new Checker(environment)
  const type = checker.check(expr)
  const errors = checker.errors.length > 0 ? checker.errors : literalErrors(expr, checker)
  if (errors.length > 0) return refused(source, errors)
  return {
    ok: true,
    type,
    variables: new Set(checker.names.values()),
    estimate: (sizeOfPath) => estimateCost(expr, checker, sizeOfPath),
    program: () => new Program(expr, checker, environment),
  }
}

const refused = (source: string, errors: readonly SourceError[]): Refused => ({
  ok: false,
  text: displayErrors(source, errors),
})
