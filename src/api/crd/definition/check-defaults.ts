import { DecodeError } from '../../codec/decode-error.ts'
import { type FieldError, invalid } from '../../field-error.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import { copyOf } from '../../patch/json-value.ts'
import { EmbeddedResources, resourceErrors } from '../embedded-resources.ts'
import { Pruning, RefusedMeta } from '../prune.ts'
import { OBJECT_BUDGET, RuleWalk } from '../rule-walk.ts'
import type { Budget, RuleCompiler, RuleError } from '../rules.ts'
import { hasDefault, isEmbedded, isMetaField, itemsOf, type JsonObject, type Schema } from '../schema.ts'
import { Findings } from '../values/findings.ts'
import { ValueValidator } from '../values/value-validator.ts'

/** Puts a value into the place it has in a resource, in which nothing else is: for defaults within metadata. */
type Surround = (value: unknown) => JsonObject

interface Place {
  readonly at: FieldPath
  readonly surround: Surround
  readonly isMeta: boolean
  /** The schema is that of a resource: the root, or an embedded one. */
  readonly isResource: boolean
}

const resource: Surround = (value) => ({ kind: 'Validation', apiVersion: 'validation/v1', ...(value as JsonObject) })

/**
 * Defaults have to be what the schema would take: pruned, valid, and right by its rules, which share one budget.
 * Upstream: defaulting.ValidateDefaults.
 */
export class DefaultsCheck {
  readonly #compiler: RuleCompiler
  readonly #requiresPruned: boolean
  readonly #budget: Budget = { remaining: OBJECT_BUDGET }
  readonly #errors: FieldError[] = []

  constructor(compiler: RuleCompiler, requiresPruned: boolean) {
    this.#compiler = compiler
    this.#requiresPruned = requiresPruned
  }

  check(schema: Schema, at: FieldPath): FieldError[] {
    this.#node(schema, { at, surround: resource, isMeta: false, isResource: true })
    return this.#errors
  }

  #node(schema: Schema, given: Place): void {
    const isResource = given.isResource || isEmbedded(schema)
    const place = isResource ? { ...given, isResource, surround: resource, isMeta: false } : given
    if (hasDefault(schema)) this.#errors.push(...this.#defaultErrors(schema, place))
    if (this.#budget.remaining < 0) return
    const { at, surround, isMeta } = place
    const items = itemsOf(schema)
    if (items) {
      const within: Surround = (value) => surround([value])
      this.#node(items, { at: at.child('items'), surround: within, isMeta, isResource: false })
    }
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      if (this.#budget.remaining < 0) return
      const below = {
        at: at.child('properties').key(name),
        surround: (value: unknown) => surround({ [name]: value }),
        isMeta: isMeta || (isResource && isMetaField(name)),
        isResource: false,
      }
      this.#node(property, below)
    }
  }

  #defaultErrors(schema: Schema, { at, surround, isMeta, isResource }: Place): FieldError[] {
    const path = String(at.child('default'))
    const value = copyOf(schema.default)
    const unknown = !isMeta && this.#requiresPruned && hasUnknown(schema, value, isResource)
    const pruned = unknown ? [invalid(path, value, 'must not have unknown fields')] : []
    const meta = isMeta ? metaErrors(surround(value), path, value) : embeddedErrors(schema, value, path, isResource)
    if (meta.length > 0) return [...pruned, ...meta]
    const values = valueErrors(schema, value, path)
    return [...pruned, ...(values.length > 0 ? values : this.#ruleErrors(schema, value, path, isResource))]
  }

  /** Rules see the default both as unchanged and as new. */
  #ruleErrors(schema: Schema, value: unknown, path: string, isResource: boolean): FieldError[] {
    const walk = RuleWalk.of(schema, isResource, this.#compiler)
    if (!walk) return []
    const budget = { ...this.#budget }
    const errors: RuleError[] = []
    walk.validate(value, value, path, { budget, errors })
    if (errors.length === 0) {
      const fresh = { ...this.#budget }
      walk.validate(value, undefined, path, { budget: fresh, errors })
      budget.remaining = Math.min(budget.remaining, fresh.remaining)
    }
    this.#budget.remaining = budget.remaining
    return errors
  }
}

/** Would pruning take something away from a default of the schema. */
export function hasUnknown(schema: Schema, value: unknown, isResource: boolean): boolean {
  const pruning = new Pruning({ strict: 'Strict', lenient: true })
  pruning.part(value, isResource ? { ...schema, 'x-kubernetes-embedded-resource': true } : schema)
  return pruning.unknownFields.length > 0
}

function metaErrors(object: JsonObject, path: string, value: unknown): FieldError[] {
  const refused = (why: string) => [invalid(path, value, `must result in valid metadata: ${why}`)]
  try {
    new Pruning({ strict: 'Ignore' }).part(object, { 'x-kubernetes-embedded-resource': true })
  } catch (error) {
    if (error instanceof DecodeError) return refused(error.message)
    throw error
  }
  const [first, ...others] = resourceErrors(object, '').map(({ field, message }) => `${field}: ${message}`)
  if (first === undefined) return []
  return refused(others.length === 0 ? first : `[${[first, ...others].join(', ')}]`)
}

function embeddedErrors(schema: Schema, value: unknown, path: string, isResource: boolean): FieldError[] {
  const root = isResource ? { ...schema, 'x-kubernetes-embedded-resource': true } : schema
  try {
    new Pruning({ strict: 'Ignore' }).part(value, root)
  } catch (error) {
    if (error instanceof RefusedMeta) return [{ ...error.refusal, field: `${path}.${error.refusal.field}` }]
    throw error
  }
  const errors: FieldError[] = []
  EmbeddedResources.of(root)?.validate(value, path, errors)
  return errors
}

function valueErrors(schema: Schema, value: unknown, path: string): FieldError[] {
  const findings = new Findings(path)
  new ValueValidator(schema).validate(value, findings)
  return findings.errors()
}
