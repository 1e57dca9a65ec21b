import type { FieldErrors } from '../../kinds/validation/field-errors.ts'
import { FieldErrors as Errors } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import type { RuleCompiler } from '../rules.ts'
import { additionalOf, isEmbedded, isMetaField, itemsByPosition, itemsOf, type Schema } from '../schema.ts'
import { checkRuleForms, checkRules } from './check-rules.ts'
import { checkListAndMapTypes, type ListRules } from './list-and-map-types.ts'
import { CostContext } from './rule-costs.ts'

export interface SchemaRules extends ListRules {
  readonly requiresKnownTypes: boolean
  /** An unchanged schema may keep rules that have become too expensive. */
  readonly allowsRuleCost: boolean
  readonly compiler: RuleCompiler
}

/** What is different in parts of a schema. */
interface Scope {
  /** Why there may be no defaults. */
  readonly noDefaults?: string
  /** Within the apiVersion, kind or metadata of a resource. */
  readonly isMeta?: boolean
  readonly uncorrelatable?: FieldPath
  /** Undefined under logical junctors and in schemas that are not structural: rules are not compiled there. */
  readonly costs?: CostContext | undefined
  readonly isRoot?: boolean
}

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']
export const isKnownType = (type: string): boolean => TYPES.includes(type)

/**
 * The rules on every node of a schema: what JSON schema has and Kubernetes does not, lists and maps, validation rules. The
 * errors of rules come after all others. Upstream: ValidateCustomResourceDefinitionOpenAPISchema.
 */
export class SchemaCheck {
  readonly #rules: SchemaRules
  readonly #schemaErrors = new Errors()
  readonly #ruleErrors = new Errors()

  constructor(rules: SchemaRules) {
    this.#rules = rules
  }

  /** `isStructural`: rules may be compiled. */
  check(schema: Schema, isStructural: boolean, at: FieldPath, errors: FieldErrors): void {
    const costs = isStructural ? CostContext.root(schema) : undefined
    this.#node(schema, { isRoot: true, costs }, at)
    errors.list.push(...this.#schemaErrors.list, ...this.#ruleErrors.list)
    costs?.total.check(at, errors)
  }

  #node(schema: Schema, scope: Scope, at: FieldPath): void {
    const errors = this.#schemaErrors
    const before = errors.count
    this.#checkKeywords(schema, scope, at)
    if (schema.uniqueItems) {
      const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
      errors.forbidden(at.child('uniqueItems'), why)
    }
    this.#additional(schema, scope, at)
    this.#properties(schema, scope, at)
    this.#junctors(schema, scope, at)
    this.#items(schema, scope, at)
    if (schema['x-kubernetes-preserve-unknown-fields'] === false) {
      errors.invalid(at.child('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined')
    }
    checkListAndMapTypes(schema, this.#rules, at, errors)
    checkRuleForms(schema, at, errors)
    if (schema['x-kubernetes-validations']?.length && errors.count === before && scope.costs) {
      this.#compile(schema, scope, scope.costs, at)
    }
  }

  #compile(schema: Schema, scope: Scope, costs: CostContext, at: FieldPath): void {
    const { compiler, allowsRuleCost } = this.#rules
    const rules = {
      compiler,
      isRoot: scope.isRoot === true,
      costs,
      allowsCost: allowsRuleCost,
      uncorrelatable: scope.uncorrelatable,
    }
    checkRules(schema, rules, at, this.#ruleErrors)
  }

  #checkKeywords(schema: Schema, { noDefaults, isMeta }: Scope, at: FieldPath): void {
    const errors = this.#schemaErrors
    const { type } = schema
    if (this.#rules.requiresKnownTypes && type && !isKnownType(type)) errors.notSupported(at.child('type'), type, TYPES)
    if (schema.default !== undefined && noDefaults !== undefined) {
      errors.forbidden(at.child('default'), `must not be set ${noDefaults}`)
    }
    for (const name of unsupported(schema)) errors.forbidden(at.child(name), `${name} is not supported`)
    if (type === 'null') {
      errors.forbidden(at.child('type'), 'type cannot be set to null, use nullable as an alternative')
    }
    if (itemsByPosition(schema).length > 0) {
      errors.forbidden(at.child('items'), 'items must be a schema object and not an array')
    }
    if (isMeta && isEmbedded(schema)) {
      errors.forbidden(at.child('x-kubernetes-embedded-resource'), 'must not be used inside of resource meta')
    }
  }

  #additional(schema: Schema, scope: Scope, at: FieldPath): void {
    const { additionalProperties, properties = {} } = schema
    if (additionalProperties === undefined) return
    const where = at.child('additionalProperties')
    if (Object.keys(properties).length > 0 && additionalProperties !== true) {
      this.#schemaErrors.forbidden(where, 'additionalProperties and properties are mutual exclusive')
    }
    const below = additionalOf(schema)
    if (!below) return
    const noDefaults = 'inside additionalProperties applying to object metadata'
    this.#node(below, this.#below(scope, below, scope.isMeta ? { noDefaults } : {}), where)
  }

  #properties(schema: Schema, scope: Scope, at: FieldPath): void {
    const mapType = schema['x-kubernetes-map-type'] ?? 'granular'
    const isCorrelatable = mapType === 'granular' || mapType === 'atomic'
    const isResource = scope.isRoot || isEmbedded(schema)
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      const isMeta = isResource && isMetaField(name)
      const changes: Scope = {
        ...(!isCorrelatable && { uncorrelatable: scope.uncorrelatable ?? at }),
        ...(isMeta && { isMeta }),
        ...(isMeta && scope.isRoot && { noDefaults: `in top-level ${name}` }),
      }
      this.#node(property, this.#below(scope, property, changes), at.child('properties').key(name))
    }
  }

  #junctors(schema: Schema, scope: Scope, at: FieldPath): void {
    const within = { ...scope, isRoot: false, costs: undefined }
    if (schema.not) this.#node(schema.not, within, at.child('not'))
    for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const) {
      schema[junctor]?.forEach((part, index) => {
        this.#node(part, within, at.child(junctor).index(index))
      })
    }
    for (const [name, part] of Object.entries(schema.definitions ?? {})) {
      this.#node(part, within, at.child('definitions').key(name))
    }
  }

  /** Only items of map lists can be told from their earlier state. */
  #items(schema: Schema, scope: Scope, at: FieldPath): void {
    const isMapList = schema['x-kubernetes-list-type'] === 'map'
    const changes: Scope = isMapList ? {} : { uncorrelatable: scope.uncorrelatable ?? at }
    const items = itemsOf(schema)
    if (items) this.#node(items, this.#below(scope, items, changes), at.child('items'))
    itemsByPosition(schema).forEach((item, index) => {
      this.#node(item, this.#below(scope, item, changes), at.child('items').index(index))
    })
  }

  #below(scope: Scope, schema: Schema, changes: Scope): Scope {
    return { ...scope, ...changes, isRoot: false, costs: scope.costs?.child(schema) }
  }
}

/** The keywords of JSON schema that are not supported, in upstream's order. */
function unsupported(schema: Schema): string[] {
  return [
    ...(schema.id ? ['id'] : []),
    ...(schema.additionalItems !== undefined ? ['additionalItems'] : []),
    ...(Object.keys(schema.patternProperties ?? {}).length > 0 ? ['patternProperties'] : []),
    ...(Object.keys(schema.definitions ?? {}).length > 0 ? ['definitions'] : []),
    ...(schema.dependencies !== undefined ? ['dependencies'] : []),
    ...(schema.$ref !== undefined ? ['$ref'] : []),
  ]
}
