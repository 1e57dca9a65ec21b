import type { Correlation } from '../correlation.ts'
import { goQuote } from '../go-text.ts'
import type { Schema } from '../schema.ts'
import type { Findings } from './findings.ts'
import type { ValueValidator } from './value-validator.ts'

/** The allOf, anyOf, oneOf and not of a schema. Upstream: schemaPropsValidator. */
export class Junctors {
  readonly #anyOf: readonly ValueValidator[]
  readonly #oneOf: readonly ValueValidator[]
  readonly #allOf: readonly ValueValidator[]
  readonly #not: ValueValidator | undefined

  private constructor({ anyOf, oneOf, allOf, not }: Schema, compile: (schema: Schema) => ValueValidator) {
    this.#anyOf = (anyOf ?? []).map(compile)
    this.#oneOf = (oneOf ?? []).map(compile)
    this.#allOf = (allOf ?? []).map(compile)
    this.#not = not && compile(not)
  }

  /** Undefined where the schema has none. */
  static of(schema: Schema, compile: (schema: Schema) => ValueValidator): Junctors | undefined {
    const { anyOf, oneOf, allOf, not } = schema
    if (!anyOf?.length && !oneOf?.length && !allOf?.length && !not) return undefined
    return new Junctors(schema, compile)
  }

  validate(value: unknown, findings: Findings, correlation: Correlation | undefined): void {
    if (this.#anyOf.length > 0) this.#any(value, findings, correlation)
    if (this.#oneOf.length > 0) this.#one(value, findings, correlation)
    if (this.#allOf.length > 0) this.#all(value, findings, correlation)
    if (this.#not && findings.quietly(() => this.#not?.validate(value, findings, correlation)).failures === 0) {
      findings.failWhole((path) => `${goQuote(path)} must not validate the schema (not)`)
    }
  }

  #any(value: unknown, findings: Findings, correlation: Correlation | undefined): void {
    let best: ValueValidator | undefined
    let most = -1
    for (const alternative of this.#anyOf) {
      const { failures, matches } = findings.quietly(() => alternative.validate(value, findings, correlation))
      if (failures === 0) {
        findings.matches += matches
        return
      }
      if (matches > most) {
        best = alternative
        most = matches
      }
    }
    findings.failWhole((path) => `${goQuote(path)} must validate at least one schema (anyOf)`)
    best?.validate(value, findings, correlation)
  }

  #one(value: unknown, findings: Findings, correlation: Correlation | undefined): void {
    let best: ValueValidator | undefined
    let most = -1
    let matchesOfFirst = 0
    let valid = 0
    for (const alternative of this.#oneOf) {
      const { failures, matches } = findings.quietly(() => alternative.validate(value, findings, correlation))
      if (failures === 0) {
        if (valid++ === 0) matchesOfFirst = matches
      } else if (matches > most) {
        best = alternative
        most = matches
      }
    }
    if (valid === 1) {
      findings.matches += matchesOfFirst
      return
    }
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`
    findings.failWhole((path) => `${goQuote(path)} must validate one and only one schema (oneOf). ${found}`)
    if (valid === 0) best?.validate(value, findings, correlation)
  }

  #all(value: unknown, findings: Findings, correlation: Correlation | undefined): void {
    let valid = 0
    for (const part of this.#allOf) {
      const before = findings.failures
      part.validate(value, findings, correlation)
      if (findings.failures === before) valid++
    }
    if (valid === this.#allOf.length) return
    const none = valid === 0 ? '. None validated' : ''
    findings.failWhole((path) => `${goQuote(path)} must validate all the schemas (allOf)${none}`)
  }
}
