import type { FieldError } from '../field-error.ts'
import type { Rule, Schema } from './schema.ts'

/** What is left of an object's cost for all its rules; below zero: no rule runs any more. */
export interface Budget {
  remaining: number
}

export interface RuleInput {
  readonly self: unknown
  /** Undefined or null, with `hasOldSelf` false: there is no earlier value to compare with. */
  readonly oldSelf?: unknown
  readonly hasOldSelf: boolean
  /** Path of `self`, empty at the root: errors there name the field `<nil>`. */
  readonly path: string
  /** Lowered by what the evaluation cost. */
  readonly budget: Budget
}

/** A failed rule, ready to be told. */
export interface RuleError extends FieldError {
  /** The rule could not be evaluated, which is told even of values that did not change. */
  readonly isEvaluationError?: boolean
}

/** One of the x-kubernetes-validations of a node, compiled. */
export interface CompiledRule {
  /** It compares with an earlier value: without one it is not evaluated, unless `optionalOldSelf` says so. */
  readonly usesOldSelf: boolean
  /** Undefined when the rule holds. */
  evaluate(input: RuleInput): RuleError | undefined
  /** Why the rule or its messageExpression does not compile, in upstream's words. Such a rule is not evaluated. */
  readonly error?: { readonly kind: 'required' | 'invalid'; readonly detail: string }
  readonly messageExpressionError?: string
  /** Estimated cost of one evaluation, by the limits of the schema. */
  readonly maxCost?: number
  /** How often the node can occur in an object, where no limit of the schemas above it bounds it. */
  readonly maxCardinality?: number
  readonly messageExpressionMaxCost?: number
}

export interface CompiledRules {
  /** One for each rule, in order. */
  readonly rules: readonly CompiledRule[]
}

/** Compiles the validation rules of one node of a structural schema. */
export type RuleCompiler = (
  node: Schema,
  rules: readonly Rule[],
  options: {
    /** Root of a custom or an embedded resource: apiVersion, kind and metadata are there to read. */
    readonly isRoot: boolean
  },
) => CompiledRules
