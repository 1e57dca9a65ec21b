import type { FieldErrors } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import type { CompiledRule } from '../rules.ts'
import type { Schema } from '../schema.ts'

/** Upstream: StaticEstimatedCostLimit, of one expression. */
const RULE_LIMIT = 10_000_000
/** Upstream: StaticEstimatedCRDCostLimit, of all expressions of a schema. */
const SCHEMA_LIMIT = 100_000_000
/** The most expensive expressions are named, if they take more than a hundredth of the limit each. */
const NAMED = 4
const MAX_COST = 2 ** 64 - 1

const times = (cost: number, count: number): number => Math.min(cost * count, MAX_COST)

/** What the rules of a schema may cost together. */
export class TotalCost {
  #total = 0
  #expensive: { at: FieldPath; cost: number }[] = []

  add(at: FieldPath, cost: number): void {
    this.#total = Math.min(this.#total + cost, MAX_COST)
    if (cost < SCHEMA_LIMIT / 100) return
    this.#expensive.push({ at, cost })
    this.#expensive = this.#expensive.sort((a, b) => b.cost - a.cost).slice(0, NAMED)
  }

  check(at: FieldPath, errors: FieldErrors): void {
    if (this.#total <= SCHEMA_LIMIT) return
    for (const { at: where } of this.#expensive) {
      errors.forbidden(
        where,
        'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
      )
    }
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    errors.forbidden(at, costMessage(what, this.#total, SCHEMA_LIMIT))
  }
}

/** How often a node's rules may run on one object, and what all rules cost. Upstream: CELSchemaContext. */
export class CostContext {
  /** Undefined: a list or map above has no limit. */
  readonly #cardinality: number | undefined
  readonly #schema: Schema
  readonly total: TotalCost

  private constructor(schema: Schema, total: TotalCost, cardinality: number | undefined) {
    this.#schema = schema
    this.total = total
    this.#cardinality = cardinality
  }

  static root(schema: Schema): CostContext {
    return new CostContext(schema, new TotalCost(), 1)
  }

  child(schema: Schema): CostContext {
    const elements = maxElements(this.#schema)
    const isBounded = this.#cardinality !== undefined && elements !== undefined
    return new CostContext(schema, this.total, isBounded ? times(this.#cardinality, elements) : undefined)
  }

  costOf({ maxCost = 0, maxCardinality = 1 }: CompiledRule): number {
    return times(maxCost, this.#cardinality ?? maxCardinality)
  }
}

/** How many values there may be below one of this schema; undefined: no limit. */
function maxElements(schema: Schema): number | undefined {
  if (schema.type === 'array') return limit(schema.maxItems)
  if (schema.type !== 'object' || schema.additionalProperties === undefined) return 1
  return limit(schema.maxProperties)
}

const limit = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.max(value, 0))

/** Refuses an expression that may cost too much. */
export function checkCost(what: string, cost: number, at: FieldPath, errors: FieldErrors): void {
  if (cost > RULE_LIMIT) errors.forbidden(at, costMessage(what, cost, RULE_LIMIT))
}

const ADVICE =
  '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)'

function costMessage(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const text = factor > 100 ? 'more than 100x' : `${factor < 1.5 ? factor.toFixed(6) : factor.toFixed(1)}x`
  return `${what} exceeds budget by factor of ${text} ${ADVICE}`
}
