import { invalid } from '../../field-error.ts'
import { FieldErrors } from '../../kinds/validation/field-errors.ts'
import type { FieldPath } from '../../kinds/validation/field-path.ts'
import type { Schema } from '../schema.ts'
import { DefaultsCheck } from './check-defaults.ts'
import { SchemaCheck } from './check-schema.ts'
import type { DefinitionRules } from './definition-rules.ts'
import type { Version } from './internal-spec.ts'
import { isSet } from './schema-walk.ts'
import { conversionProblem, structuralErrors } from './structural.ts'

/** The schema of a version. Upstream: validateCustomResourceDefinitionValidation. */
export function checkValidation(
  validation: Version['schema'],
  { hasStatus, isUnchanged }: { hasStatus: boolean; isUnchanged: boolean },
  rules: DefinitionRules,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const schema = validation?.openAPIV3Schema
  if (!schema) return
  const own = new FieldErrors()
  const where = at.child('openAPIV3Schema')
  if (hasStatus) checkRootFields(schema, at, own)
  if (schema.nullable) own.forbidden(at.child('openAPIV3Schema.nullable'), 'nullable cannot be true at the root')
  const problem = rules.requiresStructural ? conversionProblem(schema) : undefined
  const canCompile = rules.requiresStructural && problem === undefined && checkStructure(schema, rules, where, own)
  new SchemaCheck({ ...rules, allowsRuleCost: isUnchanged }).check(schema, canCompile, where, own)
  if (own.count === 0 && problem !== undefined) own.list.push(invalid(String(where), '', problem))
  errors.list.push(...own.list)
}

/** Adds what is not structural or what defaults are wrong; true when all is right. */
function checkStructure(schema: Schema, rules: DefinitionRules, at: FieldPath, errors: FieldErrors): boolean {
  const structure = structuralErrors(schema, at)
  const found =
    structure.length > 0 ? structure : new DefaultsCheck(rules.compiler, rules.requiresPrunedDefaults).check(schema, at)
  errors.list.push(...found)
  return found.length === 0
}

/** Members of a schema by their names in Go, in Go's order; those of the second list may not be at the root. */
const ALLOWED: readonly [json: keyof Schema & string, go: string][] = [
  ['description', 'Description'],
  ['type', 'Type'],
  ['format', 'Format'],
  ['title', 'Title'],
  ['maximum', 'Maximum'],
  ['exclusiveMaximum', 'ExclusiveMaximum'],
  ['minimum', 'Minimum'],
  ['exclusiveMinimum', 'ExclusiveMinimum'],
  ['maxLength', 'MaxLength'],
  ['minLength', 'MinLength'],
  ['pattern', 'Pattern'],
  ['maxItems', 'MaxItems'],
  ['minItems', 'MinItems'],
  ['uniqueItems', 'UniqueItems'],
  ['multipleOf', 'MultipleOf'],
  ['required', 'Required'],
  ['items', 'Items'],
  ['properties', 'Properties'],
  ['externalDocs', 'ExternalDocs'],
  ['example', 'Example'],
  ['x-kubernetes-preserve-unknown-fields', 'XPreserveUnknownFields'],
  ['x-kubernetes-validations', 'XValidations'],
]
const ALLOWED_NAMES: ReadonlySet<string> = new Set(ALLOWED.map(([json]) => json))
const BEFORE_TYPE: ReadonlySet<string> = new Set(['id', '$schema', '$ref'])

/** With a status subresource the schema of status is used alone: nothing at the root may bear on it. */
function checkRootFields(schema: Schema, at: FieldPath, errors: FieldErrors): void {
  const others = Object.entries(schema).filter(([name, value]) => isSet(value) && !ALLOWED_NAMES.has(name))
  const isBadType = schema.type !== undefined && schema.type !== 'object'
  if (isBadType && !others.some(([name]) => BEFORE_TYPE.has(name))) {
    const why = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
    errors.invalid(at.child('openAPIV3Schema.type'), schema.type, why)
  } else if (others.length > 0) {
    const names = ALLOWED.map(([, go]) => go).join(' ')
    const why = `only [${names}] fields are allowed at the root of the schema if the status subresource is enabled`
    errors.invalid(at.child('openAPIV3Schema'), schema, why)
  }
}
