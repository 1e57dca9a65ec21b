import { FieldErrorType } from '../field-error.ts'
import { type Correlation, MapList } from './correlation.ts'
import { valueMessage } from './go-text.ts'
import type { Budget, CompiledRule, RuleCompiler, RuleError } from './rules.ts'
import {
  additionalOf,
  isEmbedded,
  isIntOrString,
  isObject,
  itemsOf,
  type JsonObject,
  type Rule,
  type Schema,
} from './schema.ts'

/** An object's rules may cost this much together. Upstream: celconfig.RuntimeCELCostBudget. */
export const OBJECT_BUDGET = 10_000_000

/**
 * What tells whether an error is about something that did not change: the value itself where its earlier one is known,
 * else the nearest part around it of which it is.
 */
interface Ratchet {
  readonly current: Correlation | undefined
  readonly around: Correlation | undefined
}

const NEVER: Ratchet = { current: undefined, around: undefined }

/** What a walk over one object needs and brings home. */
export interface RuleRun {
  readonly budget: Budget
  readonly errors: RuleError[]
  /** Told of rules that fail on what did not change. */
  warn?(error: RuleError): void
}

/**
 * The x-kubernetes-validations of a schema, compiled when a value first meets them; parts of the schema without rules are
 * not walked. Upstream: cel.Validator.
 */
export class RuleWalk {
  readonly #schema: Schema
  readonly #isRoot: boolean
  readonly #compiler: RuleCompiler
  readonly #properties: ReadonlyMap<string, RuleWalk>
  readonly #additional: RuleWalk | undefined
  readonly #items: RuleWalk | undefined
  #compiled: readonly CompiledRule[] | undefined

  private constructor(schema: Schema, isRoot: boolean, compiler: RuleCompiler) {
    this.#schema = schema
    this.#isRoot = isRoot
    this.#compiler = compiler
    const properties = new Map<string, RuleWalk>()
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const below = RuleWalk.of(property, isEmbedded(property), compiler)
      if (below) properties.set(name, below)
    }
    this.#properties = properties
    const additional = additionalOf(schema)
    const items = itemsOf(schema)
    this.#additional = additional && RuleWalk.of(additional, isEmbedded(additional), compiler)
    this.#items = items && RuleWalk.of(items, isEmbedded(items), compiler)
  }

  /** Undefined where there are no rules, and for parts whose type CEL cannot know. `isRoot`: of a whole resource. */
  static of(schema: Schema, isRoot: boolean, compiler: RuleCompiler): RuleWalk | undefined {
    if (!hasCelType(schema)) return undefined
    const walk = new RuleWalk(schema, isRoot, compiler)
    const isEmpty = !schema['x-kubernetes-validations']?.length && !walk.#additional && !walk.#items
    return isEmpty && walk.#properties.size === 0 ? undefined : walk
  }

  /** Runs all rules on a value and on what is inside. `old` and `correlation`: from before an update. */
  validate(value: unknown, old: unknown, path: string, run: RuleRun, correlation?: Correlation): void {
    this.#visit(value, old, path, run, { current: correlation, around: undefined })
  }

  #visit(value: unknown, old: unknown, path: string, run: RuleRun, ratchet: Ratchet): void {
    if (value === null || value === undefined || run.budget.remaining < 0) return
    this.#evaluate(value, old, path, run, ratchet)
    if (run.budget.remaining < 0) return
    if (Array.isArray(value)) this.#visitItems(value, old, path, run, ratchet)
    else if (isObject(value)) this.#visitMembers(value, old, path, run, ratchet)
  }

  #evaluate(self: unknown, old: unknown, path: string, run: RuleRun, ratchet: Ratchet): void {
    const rules = this.#schema['x-kubernetes-validations']
    if (!rules?.length) return
    if (run.budget.remaining <= 0) return this.#outOfBudget(path, run)
    this.#compiled ??= this.#compiler(this.#schema, rules, { isRoot: this.#isRoot }).rules
    const hasOldSelf = old !== null && old !== undefined
    for (const [index, compiled] of this.#compiled.entries()) {
      if (compiled.error) {
        run.errors.push(this.#broken(path, `rule compile error: ${compiled.error.detail}`))
        continue
      }
      if (compiled.usesOldSelf && !hasOldSelf && (rules[index] as Rule).optionalOldSelf !== true) continue
      const error = compiled.evaluate({ self, oldSelf: old, hasOldSelf, path, budget: run.budget })
      if (error) this.#tell(error, compiled, run, ratchet)
      if (run.budget.remaining < 0) return
    }
  }

  #tell(error: RuleError, { usesOldSelf }: CompiledRule, run: RuleRun, { current, around }: Ratchet): void {
    const ratchets = !error.isEvaluationError && !usesOldSelf && (current ?? around)?.isUnchanged() === true
    if (ratchets) run.warn?.(error)
    else run.errors.push(error)
  }

  #outOfBudget(path: string, run: RuleRun): void {
    const why = 'validation failed due to running out of cost budget, no further validation rules will be run'
    run.errors.push(this.#broken(path, why))
    run.budget.remaining = -1
  }

  #broken(path: string, why: string): RuleError {
    const type = FieldErrorType.Invalid
    return { type, field: path || '<nil>', message: valueMessage(type, this.#schema.type ?? '', why) }
  }

  #visitItems(list: readonly unknown[], old: unknown, path: string, run: RuleRun, ratchet: Ratchet): void {
    const items = this.#items
    if (!items) return
    const oldItems = Array.isArray(old) ? MapList.of(this.#schema, old) : undefined
    list.forEach((item, index) => {
      items.#visit(item, oldItems?.get(item), `${path}[${index}]`, run, itemRatchet(ratchet, index))
    })
  }

  #visitMembers(object: JsonObject, old: unknown, path: string, run: RuleRun, ratchet: Ratchet): void {
    if (this.#properties.size === 0 && !this.#additional) return
    const mapType = this.#schema['x-kubernetes-map-type']
    const isCorrelatable = mapType === undefined || mapType === 'granular' || mapType === 'atomic'
    const before = isCorrelatable && isObject(old) ? old : {}
    for (const key of Object.keys(object)) {
      const property = this.#properties.get(key)
      const below = property ?? this.#additional
      if (!below) continue
      const place = property ? (path === '' ? key : `${path}.${key}`) : `${path}[${key}]`
      const earlier = Object.hasOwn(before, key) ? before[key] : undefined
      below.#visit(object[key], earlier, place, run, memberRatchet(ratchet, key))
    }
  }
}

function itemRatchet(ratchet: Ratchet, index: number): Ratchet {
  const { current } = ratchet
  return current ? { current: current.index(index), around: current } : ratchet
}

/** Version and kind of the root are not seen to change: both states are shown in the version that was asked for. */
function memberRatchet(ratchet: Ratchet, key: string): Ratchet {
  const { current, around } = ratchet
  if (!current) return ratchet
  if (!around && (key === 'apiVersion' || key === 'kind')) return NEVER
  return { current: current.key(key), around: current }
}

/** Can CEL know the type of such values. Upstream: model.SchemaDeclType. */
export function hasCelType(schema: Schema): boolean {
  if (isIntOrString(schema)) return true
  switch (schema.type) {
    case 'array': {
      const items = itemsOf(schema)
      return items !== undefined && hasCelType(items)
    }
    case 'object': {
      const additional = additionalOf(schema)
      return additional === undefined || hasCelType(additional)
    }
    case 'string':
    case 'boolean':
    case 'number':
    case 'integer':
      return true
    default:
      return false
  }
}
