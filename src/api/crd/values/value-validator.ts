import { FieldErrorType, notSupported, required, tooLong, tooMany } from '../../field-error.ts'
import { sameJson } from '../../patch/json-value.ts'
import type { Correlation } from '../correlation.ts'
import { goQuote, isInt64 } from '../go-text.ts'
import { additionalOf, isIntOrString, isObject, itemsOf, type JsonObject, propertyOf, type Schema } from '../schema.ts'
import { sortedKeys } from '../sorted.ts'
import type { Findings } from './findings.ts'
import { type FormatCheck, formatCheck, supportedFormat } from './formats.ts'
import { Junctors } from './junctors.ts'
import { isNearInteger, type NumberCheck, numberChecks } from './numbers.ts'
import { type Pattern, pattern } from './pattern.ts'

const NO_CHECKS: readonly NumberCheck[] = []

/**
 * Checks values against one node of a schema: types, limits, patterns, formats, enums, required members, alternatives; and
 * what is inside against the nodes below, which are made when they are first met. Texts, order and the count of matches
 * are those of kube-openapi's SchemaValidator, odd corners included, since clients see them.
 */
export class ValueValidator {
  readonly #schema: Schema
  readonly #types: readonly string[]
  readonly #format: string
  readonly #formatCheck: FormatCheck | undefined
  readonly #numberChecks: readonly NumberCheck[]
  readonly #pattern: Pattern | undefined
  readonly #junctors: Junctors | undefined
  readonly #properties = new Map<string, ValueValidator>()
  readonly #additional: Schema | undefined
  readonly #itemSchema: Schema | undefined
  #additionalValidator: ValueValidator | undefined
  #itemValidator: ValueValidator | undefined

  constructor(schema: Schema) {
    this.#schema = schema
    this.#types = isIntOrString(schema) ? INT_OR_STRING : schema.type ? [schema.type] : NO_TYPES
    this.#format = supportedFormat(this.#types, schema.format ?? '')
    this.#formatCheck = formatCheck(this.#format)
    const checks = numberChecks(schema, this.#types, this.#format)
    this.#numberChecks = checks.length === 0 ? NO_CHECKS : checks
    this.#pattern = schema.pattern ? pattern(schema.pattern) : undefined
    this.#junctors = Junctors.of(schema, (part) => new ValueValidator(part))
    this.#additional = additionalOf(schema)
    this.#itemSchema = itemsOf(schema)
  }

  /**
   * Adds what is wrong with the value. With a correlation, what is wrong in parts that did not change is forgotten
   * (KEP-4008, ratcheting): those whose earlier value can be told.
   */
  validate(value: unknown, findings: Findings, correlation?: Correlation): void {
    if (value === null || value === undefined) return this.#null(findings)
    if (this.#types.length > 0 || this.#format !== '') {
      if (this.#type(value, findings)) findings.matches++
      findings.matches++
    }
    this.#junctors?.validate(value, findings, correlation)
    findings.matches += 2
    if (typeof value === 'string') this.#string(value, findings)
    else if (typeof value === 'number') this.#number(value, findings)
    else if (Array.isArray(value)) this.#list(value, findings, correlation)
    this.#enum(value, findings)
    if (isObject(value)) this.#object(value, findings, correlation)
    findings.matches++
  }

  #null(findings: Findings): void {
    if (this.#types.length > 0 && this.#schema.nullable !== true) this.#wrongType('null', findings)
    else findings.matches++
    if (this.#schema.enum?.length) this.#notInEnum(null, findings)
  }

  #type(value: unknown, findings: Findings): boolean {
    const types = this.#types
    const format = this.#format
    const type = typeName(value)
    if (format !== '' && type !== 'string' && type !== 'array') {
      const given = type === 'integer' ? 'int64' : type === 'number' ? 'float64' : ''
      if (!this.#accepts(type, value) && given !== format) return this.#wrongFormat(given, findings)
    }
    const isNumeric = types.includes('number') || types.includes('integer')
    if (!isNumeric && format !== '' && (type === 'string' || type === 'array')) return true
    return this.#accepts(type, value) || this.#wrongType(type, findings)
  }

  #accepts(type: string, value: unknown): boolean {
    if (this.#types.includes(type)) return true
    if (type === 'integer') return this.#types.includes('number')
    return type === 'number' && this.#types.includes('integer') && isNearInteger(value as number)
  }

  #wrongType(type: string, findings: Findings): false {
    const what = `must be of type ${this.#types.join(',')}: ${goQuote(type)}`
    findings.fail(FieldErrorType.TypeInvalid, type, what)
    return false
  }

  #wrongFormat(given: string, findings: Findings): false {
    findings.fail(FieldErrorType.TypeInvalid, given, `must be of type ${this.#format}: ${goQuote(given)}`)
    return false
  }

  #string(value: string, findings: Findings): void {
    this.#text(value, findings)
    findings.matches++
    if (!this.#formatCheck) return
    if (!this.#formatCheck(value)) {
      findings.fail(FieldErrorType.TypeInvalid, value, `must be of type ${this.#format}: ${goQuote(value)}`)
    }
    findings.matches++
  }

  /** Length and pattern; the first that does not hold is told. */
  #text(value: string, findings: Findings): void {
    const { maxLength, minLength } = this.#schema
    if (maxLength !== undefined && isLonger(value, maxLength)) {
      findings.failWith(`should be at most ${maxLength} chars long`, tooLong('', maxLength))
    } else if (minLength !== undefined && value.length < minLength * 2 && length(value) < minLength) {
      findings.fail(FieldErrorType.Invalid, value, `should be at least ${minLength} chars long`)
    } else if (this.#pattern && !this.#pattern.test(value)) {
      findings.fail(FieldErrorType.Invalid, value, `should match '${this.#schema.pattern}'`)
    }
  }

  #number(value: number, findings: Findings): void {
    for (const check of this.#numberChecks) check(value, findings)
    findings.matches += 2
  }

  #list(list: readonly unknown[], findings: Findings, correlation: Correlation | undefined): void {
    if (this.#itemSchema) {
      this.#itemValidator ??= new ValueValidator(this.#itemSchema)
      for (let index = 0; index < list.length; index++) {
        findings.enter(index)
        this.#itemValidator.#within(list[index], findings, correlation?.index(index))
        findings.leave()
      }
    }
    const { minItems, maxItems, uniqueItems } = this.#schema
    if (minItems !== undefined && list.length < minItems) {
      findings.fail(FieldErrorType.Invalid, list.length, `should have at least ${minItems} items`)
    }
    if (maxItems !== undefined && list.length > maxItems) {
      findings.failWith(`should have at most ${maxItems} items`, tooMany('', list.length, maxItems))
    }
    if (uniqueItems === true && hasTwins(list)) {
      findings.fail(FieldErrorType.Invalid, '', "shouldn't contain duplicates")
    }
    findings.matches += 2
  }

  #enum(value: unknown, findings: Findings): void {
    const values = this.#schema.enum
    if (values?.length && !values.some((allowed) => allowed !== null && sameJson(allowed, value))) {
      this.#notInEnum(value, findings)
    }
    findings.matches++
  }

  #notInEnum(value: unknown, findings: Findings): void {
    const values = this.#schema.enum ?? []
    const texts = values.map((allowed) => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed)))
    findings.failWith(`should be one of ${JSON.stringify(values)}`, notSupported('', value, texts))
  }

  #object(object: JsonObject, findings: Findings, correlation: Correlation | undefined): void {
    const { minProperties, maxProperties, required: names } = this.#schema
    const keys = minProperties === undefined && maxProperties === undefined ? 0 : Object.keys(object).length
    if (minProperties !== undefined && keys < minProperties) {
      findings.fail(FieldErrorType.Invalid, keys, `should have at least ${minProperties} properties`)
    }
    if (maxProperties !== undefined && keys > maxProperties) {
      findings.failWith(`should have at most ${maxProperties} properties`, tooMany('', keys, maxProperties))
    }
    for (const key of sortedKeys(object)) this.#member(key, object[key], findings, correlation)
    for (const name of names ?? []) {
      if (!Object.hasOwn(object, name)) findings.failWith('is required', required(''), `.${name}`)
    }
    findings.matches++
  }

  #member(key: string, value: unknown, findings: Findings, correlation: Correlation | undefined): void {
    const validator = this.#validatorOf(key)
    if (!validator) {
      if (this.#schema.additionalProperties === false) {
        const text = (path: string) => `${path}.${key} in body is a forbidden property`
        findings.failNamed(FieldErrorType.Invalid, key, text)
      }
      return
    }
    // What version and kind an object has is not seen to change: both are shown in the version that was asked for.
    const canRatchet = correlation !== undefined && !(findings.isAtRoot && (key === 'apiVersion' || key === 'kind'))
    const below = canRatchet ? correlation.key(key) : undefined
    findings.enter(key)
    validator.#within(value, findings, below)
    findings.leave()
  }

  #validatorOf(key: string): ValueValidator | undefined {
    const known = this.#properties.get(key)
    if (known) return known
    const property = propertyOf(this.#schema, key)
    if (property) {
      const validator = new ValueValidator(property)
      this.#properties.set(key, validator)
      return validator
    }
    if (this.#additional) this.#additionalValidator ??= new ValueValidator(this.#additional)
    return this.#additionalValidator
  }

  #within(value: unknown, findings: Findings, correlation: Correlation | undefined): void {
    const before = findings.failures
    this.validate(value, findings, correlation)
    if (findings.failures > before && correlation?.isUnchanged()) findings.forget(before)
  }
}

const NO_TYPES: readonly string[] = []
const INT_OR_STRING: readonly string[] = ['integer', 'string']

/** The JSON type of a value, as upstream calls it. */
function typeName(value: unknown): string {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return typeof value
    case 'number':
      return isInt64(value) ? 'integer' : 'number'
    default:
      return Array.isArray(value) ? 'array' : 'object'
  }
}

/** In characters, of which those beyond the basic plane take two units. */
function length(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

const isLonger = (text: string, limit: number): boolean => text.length > limit && length(text) > limit

const hasTwins = (list: readonly unknown[]): boolean =>
  list.some((item, index) => list.slice(0, index).some((earlier) => sameJson(earlier, item)))
