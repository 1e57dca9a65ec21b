import { choices } from '../../kinds/validation/choices.ts'
import type { FieldErrors } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import { findField } from '../field-path.ts'
import { hasCelType } from '../rule-walk.ts'
import type { CompiledRule, RuleCompiler } from '../rules.ts'
import { isEmbedded, type Rule, type Schema } from '../schema.ts'
import { type CostContext, checkCost } from './rule-costs.ts'
import { conversionProblem } from './structural.ts'

const RULES = 'x-kubernetes-validations'
const reasons = choices('FieldValueRequired', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueDuplicate')
const LINE_BREAK = /[\n\r]/

/** The form of the rules of a node, without a look at what they say. */
export function checkRuleForms(schema: Schema, at: FieldPath, errors: FieldErrors): void {
  schema[RULES]?.forEach((rule, index) => {
    checkForm(rule, schema, at.child(RULES).index(index), errors)
  })
}

function checkForm(rule: Rule, schema: Schema, at: FieldPath, errors: FieldErrors): void {
  checkRuleAndMessage(rule, at, errors)
  const { messageExpression, reason, fieldPath } = rule
  if (messageExpression && messageExpression.trim() === '') {
    errors.required(at.child('messageExpression'), 'messageExpression must be non-empty if specified')
  }
  if (reason !== undefined && !reasons.has(reason)) errors.notSupported(at.child('reason'), reason, reasons.listed)
  if (!fieldPath) return
  const where = at.child('fieldPath')
  if (fieldPath.trim() === '') errors.invalid(where, fieldPath, 'must be non-empty if specified')
  if (LINE_BREAK.test(fieldPath)) errors.invalid(where, fieldPath, 'must not contain line breaks')
  if (conversionProblem(schema) === undefined && 'error' in findField(fieldPath, schema)) {
    errors.invalid(where, fieldPath, 'must be a valid path')
  }
}

function checkRuleAndMessage({ rule = '', message = '' }: Rule, at: FieldPath, errors: FieldErrors): void {
  const where = at.child('message')
  const text = message.trim()
  if (rule.trim() === '') errors.required(at.child('rule'), 'rule is not specified')
  else if (message !== '' && text === '') errors.invalid(where, message, 'must be non-empty if specified')
  else if (LINE_BREAK.test(text)) errors.invalid(where, message, 'must not contain line breaks')
  else if (LINE_BREAK.test(rule.trim()) && text === '') {
    errors.required(where, 'message must be specified if rule contains line breaks')
  }
}

export interface RuleScope {
  readonly compiler: RuleCompiler
  readonly isRoot: boolean
  readonly costs: CostContext
  /** An unchanged schema may keep rules that have become too expensive. */
  readonly allowsCost: boolean
  /** The list or map from which on earlier values cannot be told. */
  readonly uncorrelatable: FieldPath | undefined
}

/** What the compiler finds wrong with the rules of a node, and what they may cost. */
export function checkRules(schema: Schema, scope: RuleScope, at: FieldPath, errors: FieldErrors): void {
  const rules = schema[RULES] ?? []
  const where = at.child(RULES)
  if (!hasCelType(schema)) {
    const why = 'unable to convert structural schema to CEL declarations'
    return errors.internal(where, `internal error: failed to construct type information for ${RULES} rules: ${why}`)
  }
  const { rules: compiled } = scope.compiler(schema, rules, { isRoot: scope.isRoot || isEmbedded(schema) })
  compiled.forEach((one, index) => {
    checkCompiled(rules[index] as Rule, one, scope, where.index(index), errors)
  })
}

function checkCompiled(rule: Rule, compiled: CompiledRule, scope: RuleScope, at: FieldPath, errors: FieldErrors): void {
  checkExpression(rule, compiled, scope, at.child('rule'), errors)
  checkMessageExpression(rule, compiled, scope, at.child('messageExpression'), errors)
  if (compiled.usesOldSelf) {
    if (!scope.uncorrelatable) return
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${scope.uncorrelatable}`
    errors.invalid(at.child('rule'), rule.rule, why)
  } else if (rule.optionalOldSelf !== undefined) {
    const why = 'may not be set if oldSelf is not used in rule'
    errors.invalid(at.child('optionalOldSelf'), rule.optionalOldSelf, why)
  }
}

function checkExpression(
  rule: Rule,
  compiled: CompiledRule,
  { costs, allowsCost }: RuleScope,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const cost = costs.costOf(compiled)
  if (!allowsCost) checkCost('estimated rule cost', cost, at, errors)
  costs.total.add(at, cost)
  if (!compiled.error) return
  if (compiled.error.kind === 'required') errors.required(at, compiled.error.detail)
  else errors.invalid(at, rule, compiled.error.detail)
}

function checkMessageExpression(
  rule: Rule,
  { messageExpressionError, messageExpressionMaxCost }: CompiledRule,
  { costs, allowsCost }: RuleScope,
  at: FieldPath,
  errors: FieldErrors,
): void {
  if (messageExpressionError !== undefined) return errors.invalid(at, rule, messageExpressionError)
  if (messageExpressionMaxCost === undefined) return
  if (!allowsCost) checkCost('estimated messageExpression cost', messageExpressionMaxCost, at, errors)
  costs.total.add(at, messageExpressionMaxCost)
}
