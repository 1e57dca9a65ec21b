import type { DeepReadonly } from '../../base/deep-readonly.ts'
import { type FieldError, FieldErrorType } from '../field-error.ts'
import type { ApiObject } from '../resource.ts'
import { Correlation } from './correlation.ts'
import { EmbeddedResources } from './embedded-resources.ts'
import { ListTypes } from './list-types.ts'
import { OBJECT_BUDGET, RuleWalk } from './rule-walk.ts'
import type { RuleCompiler, RuleError } from './rules.ts'
import { propertyOf, type Schema } from './schema.ts'
import { Findings } from './values/findings.ts'
import { ValueValidator } from './values/value-validator.ts'

type Custom = DeepReadonly<ApiObject>

/** Told the text of each rule that fails on what an update did not change. */
export type Warn = (text: string) => void

/** After these errors the rules are not run: they could not rely on what the schema promises. */
const BLOCKING: ReadonlySet<FieldErrorType> = new Set<FieldErrorType>([
  FieldErrorType.NotSupported,
  FieldErrorType.Required,
  FieldErrorType.TooLong,
  FieldErrorType.TooMany,
  FieldErrorType.TypeInvalid,
])

const NOT_RUN: FieldError = {
  type: FieldErrorType.Invalid,
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
}

/** Everything that a version's schema demands of an object. Upstream: customResourceStrategy and its validator. */
export class CustomValidator {
  readonly #schema: Schema | undefined
  readonly #values: ValueValidator | undefined
  readonly #statusValues: ValueValidator | undefined
  readonly #embedded: EmbeddedResources | undefined
  readonly #listTypes: ListTypes | undefined
  readonly #rules: RuleWalk | undefined

  constructor(schema: Schema | undefined, compiler: RuleCompiler) {
    this.#schema = schema
    if (!schema) return
    const status = propertyOf(schema, 'status')
    this.#values = new ValueValidator(schema)
    this.#statusValues = status && new ValueValidator(status)
    this.#embedded = EmbeddedResources.of(schema)
    this.#listTypes = ListTypes.of(schema)
    this.#rules = RuleWalk.of(schema, true, compiler)
  }

  validate(object: Custom, old: Custom | undefined, warn: Warn | undefined): FieldError[] {
    const correlation = this.#correlation(object, old)
    const findings = new Findings('')
    validated(this.#values, object, findings, correlation)
    const errors = findings.errors()
    this.#embedded?.validate(object, '', errors)
    errors.push(...this.#listErrors(object, old))
    errors.push(...this.#ruleErrors(object, old, correlation, errors, warn))
    return errors
  }

  validateStatus(object: Custom, old: Custom, warn: Warn | undefined): FieldError[] {
    const correlation = this.#correlation(object, old)
    const findings = new Findings('status')
    const { status } = object as { status?: unknown }
    if (status !== undefined) validated(this.#statusValues, status, findings, correlation?.key('status'))
    const errors = findings.errors()
    errors.push(...this.#listErrors(object, old))
    errors.push(...this.#ruleErrors(object, old, correlation, errors, warn))
    return errors
  }

  #correlation(object: Custom, old: Custom | undefined): Correlation | undefined {
    return old && this.#schema && new Correlation(object, old, this.#schema)
  }

  /** Duplicates are let through where there were some before. */
  #listErrors(object: Custom, old: Custom | undefined): FieldError[] {
    const errors: FieldError[] = []
    this.#listTypes?.validate(object, '', errors)
    if (errors.length === 0 || !old) return errors
    const oldErrors: FieldError[] = []
    this.#listTypes?.validate(old, '', oldErrors)
    return oldErrors.length === 0 ? errors : []
  }

  #ruleErrors(
    object: Custom,
    old: Custom | undefined,
    correlation: Correlation | undefined,
    found: readonly FieldError[],
    warn: Warn | undefined,
  ): FieldError[] {
    if (!this.#rules) return []
    if (found.some(({ type }) => BLOCKING.has(type))) return [NOT_RUN]
    const errors: RuleError[] = []
    const tell = ({ field, message }: RuleError) => warn?.(`${field}: ${message}`)
    const run = { budget: { remaining: OBJECT_BUDGET }, errors, warn: tell }
    this.#rules.validate(object, old, '', run, correlation)
    return errors
  }
}

/** A root is no part of anything: what is wrong with it is forgotten where all of it is as it was. */
function validated(
  validator: ValueValidator | undefined,
  value: unknown,
  findings: Findings,
  correlation: Correlation | undefined,
): void {
  validator?.validate(value, findings, correlation)
  if (findings.failures > 0 && correlation?.isUnchanged()) findings.forget(0)
}
