import { CostExceeded } from '../../cel/evaluate/meter.ts'
import type { Program } from '../../cel/evaluate/program.ts'
import { EvaluationError } from '../../cel/values/evaluation-error.ts'
import { Optional } from '../../cel/values/optional.ts'
import type { Value } from '../../cel/values/value.ts'
import { FieldErrorType } from '../../field-error.ts'
import { valueMessage } from '../go-text.ts'
import type { Budget, RuleError, RuleInput } from '../rules.ts'
import type { Rule, Schema } from '../schema.ts'
import { schemaValue } from './schema-value.ts'

/** Upstream: celconfig.MaxEvaluatedMessageExpressionSizeBytes. */
const MAX_MESSAGE_BYTES = 5 * 1024

const OUT_OF_BUDGET = 'validation failed due to running out of cost budget, no further validation rules will be run'

type Variable = Value | EvaluationError

export interface RuleParts {
  readonly rule: Rule
  readonly schema: Schema
  readonly program: Program
  readonly message: Program | undefined
  /** Below the value, in the notation of errors; empty: the value itself. */
  readonly fieldPath: string
}

/** A rule that compiles. Upstream: validateExpressions of apiextensions-apiserver. */
export class RunnableRule {
  readonly #parts: RuleParts

  constructor(parts: RuleParts) {
    this.#parts = parts
  }

  evaluate(input: RuleInput): RuleError | undefined {
    const { rule, program } = this.#parts
    const { budget } = input
    const self = this.#variable(input.self)
    const old = input.hasOldSelf ? this.#variable(input.oldSelf) : undefined
    const { result, cost } = program.evaluate([self, rule.optionalOldSelf === true ? optional(old) : (old ?? ABSENT)])
    if (!pay(budget, cost)) return this.#evaluationError(input, OUT_OF_BUDGET)
    if (result instanceof EvaluationError) return this.#failed(input, result)
    return result === true ? undefined : this.#broken(input, [self, old ?? ABSENT])
  }

  #variable(raw: unknown): Variable {
    try {
      return schemaValue(raw, this.#parts.schema)
    } catch (error) {
      if (error instanceof EvaluationError) return error
      throw error
    }
  }

  /** The rule could not be evaluated. */
  #failed(input: RuleInput, error: EvaluationError): RuleError {
    const { message } = error
    const rule = ruleText(this.#parts.rule)
    if (error instanceof CostExceeded) {
      input.budget.remaining = -1
      const why = 'no further validation rules will be run due to call cost exceeds limit for rule'
      return this.#evaluationError(input, `'${message}': ${why}: ${rule}`)
    }
    if (!message.startsWith('no such overload'))
      return this.#evaluationError(input, `${message} evaluating rule: ${rule}`)
    const why = 'call arguments did not match a supported operator, function or macro signature for rule'
    return this.#evaluationError(input, `'${message}': ${why}: ${rule}`)
  }

  #evaluationError({ path }: RuleInput, detail: string): RuleError {
    return { ...this.#invalid(path || '<nil>', detail), isEvaluationError: true }
  }

  #invalid(field: string, detail: string): RuleError {
    const type = FieldErrorType.Invalid
    return { type, field, message: valueMessage(type, this.#parts.schema.type ?? '', detail) }
  }

  /** The rule does not hold. */
  #broken(input: RuleInput, variables: readonly Variable[]): RuleError {
    const { rule, fieldPath } = this.#parts
    const field = [input.path, fieldPath].filter((part) => part !== '').join('.') || '<nil>'
    const told = this.#messageOf(variables, input.budget)
    if ('fatal' in told) return this.#invalid(field, told.fatal)
    return this.#errorFor(field, told.text ?? rule.message?.trim() ?? '')
  }

  #errorFor(field: string, told: string): RuleError {
    const { rule, schema } = this.#parts
    const detail = told === '' ? `failed rule: ${ruleText(rule)}` : told
    switch (rule.reason) {
      case FieldErrorType.Forbidden:
        return { type: FieldErrorType.Forbidden, field, message: `Forbidden: ${detail}` }
      case FieldErrorType.Required:
        return { type: FieldErrorType.Required, field, message: `Required value: ${detail}` }
      case FieldErrorType.Duplicate: {
        const type = FieldErrorType.Duplicate
        return { type, field, message: valueMessage(type, schema.type ?? '', '') }
      }
      default:
        return this.#invalid(field, detail)
    }
  }

  /** What messageExpression says. No text where it fails: then the rule's message is told. */
  #messageOf(variables: readonly Variable[], budget: Budget): { text: string | undefined } | { fatal: string } {
    const { message, rule } = this.#parts
    if (!message) return { text: undefined }
    const { result, cost } = message.evaluate(variables)
    if (!pay(budget, cost)) {
      const why = 'messageExpression evaluation failed due to running out of cost budget'
      return { fatal: `${why}, no further validation rules will be run` }
    }
    if (result instanceof CostExceeded) {
      budget.remaining = -1
      const why = 'no further validation rules will be run due to call cost exceeds limit for messageExpression'
      return { fatal: `${why}: ${JSON.stringify(rule.messageExpression)}` }
    }
    const text = typeof result === 'string' ? result.trim() : ''
    const isUsable = text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= MAX_MESSAGE_BYTES
    return { text: isUsable ? text : undefined }
  }
}

/** What a rule reads that reads an earlier value where there is none. */
const ABSENT = new EvaluationError('no such attribute(s): oldSelf')

const optional = (old: Variable | undefined): Variable => (old instanceof EvaluationError ? old : Optional.of(old))

/** False, and no budget left, where the cost is beyond it. */
function pay(budget: Budget, cost: number): boolean {
  const isAffordable = cost <= budget.remaining
  budget.remaining = isAffordable ? budget.remaining - cost : -1
  return isAffordable
}

/** How errors name a rule: by its message, else by itself. */
function ruleText({ message = '', rule = '' }: Rule): string {
  return (message === '' ? rule : message).trim()
}
