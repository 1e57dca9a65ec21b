import type { FieldError } from '../../field-error.ts'
import { checkRequiredChoice, orderedChoices } from '../../kinds/validation/choices.ts'
import { collect, type FieldErrors } from '../../kinds/validation/field-errors.ts'
import { FieldPath } from '../../kinds/validation/field-path.ts'
import { checkImmutable } from '../../kinds/validation/immutable.ts'
import { dns1035LabelErrors, dns1123SubdomainErrors } from '../../meta/names.ts'
import type { RuleCompiler } from '../rules.ts'
import { hasDefault } from '../schema.ts'
import { approvalErrors } from './api-approval.ts'
import { checkValidation } from './check-validation.ts'
import { checkConversion } from './conversion.ts'
import { type DefinitionRules, isEstablished, rulesFor } from './definition-rules.ts'
import {
  type Definition,
  type InternalSpec,
  internalSpec,
  schemasOf,
  type Version,
  type VersionParts,
} from './internal-spec.ts'
import { checkColumns, checkSelectableFields, checkSubresources } from './json-paths.ts'
import { checkNames, validateDefinitionStatus } from './names.ts'
import { anyNode } from './schema-walk.ts'
import { conversionProblem } from './structural.ts'

const SPEC = FieldPath.of('spec')
const scopes = orderedChoices('Cluster', 'Namespaced')

/**
 * What is wrong with a CustomResourceDefinition, or with its update. ObjectMeta is checked elsewhere, but for the name.
 * Upstream: ValidateCustomResourceDefinition and ValidateCustomResourceDefinitionUpdate.
 */
export function validateCustomResourceDefinition(
  definition: Definition,
  old?: Definition,
  { compiler }: { compiler?: RuleCompiler } = {},
): FieldError[] {
  const { spec } = definition
  return collect((errors) => {
    if (!old) checkName(definition, errors)
    checkSpec(internalSpec(spec), rulesFor(definition, old, compiler), errors)
    if (old) checkChanges(spec, old, errors)
    errors.list.push(...validateDefinitionStatus(definition))
    checkStoredVersions(definition, errors)
    errors.list.push(...approvalErrors(definition, old))
    if (spec.preserveUnknownFields === true && old?.spec.preserveUnknownFields !== true) {
      const why =
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
      errors.invalid(SPEC.child('preserveUnknownFields'), true, why)
    }
  })
}

function checkName({ metadata, spec }: Definition, errors: FieldErrors): void {
  if (metadata.name === `${spec.names?.plural ?? ''}.${spec.group ?? ''}`) return
  errors.invalid('metadata.name', metadata.name ?? '', 'must be spec.names.plural+"."+spec.group')
}

function checkSpec(spec: InternalSpec, given: DefinitionRules, errors: FieldErrors): void {
  const prunes = spec.preserveUnknownFields !== true
  const rules = { ...given, requiresStructural: given.requiresStructural || prunes || usesExtensions(spec) }
  checkGroup(spec.group, errors)
  checkRequiredChoice(spec.scope, scopes, SPEC.child('scope'), errors)
  checkSchemasThere(spec, rules, prunes, errors)
  if (!prunes && schemasOf(spec).some((schema) => anyNode(schema, hasDefault))) {
    errors.invalid(SPEC.child('preserveUnknownFields'), true, 'must be false in order to use defaults in the schema')
  }
  checkVersions(spec, rules, errors)
  checkRequiredNames(spec, errors)
  checkCommon(spec, rules, errors)
  if (!prunes && spec.conversion && spec.conversion.strategy !== 'None') {
    const why = 'must be None if spec.preserveUnknownFields is true'
    errors.invalid(SPEC.child('conversion').child('strategy'), spec.conversion.strategy, why)
  }
  checkConversion(spec.conversion, rules, SPEC.child('conversion'), errors)
}

/** Defaults and Kubernetes' own extensions of schemas make sense in structural ones only. */
const usesExtensions = (spec: InternalSpec): boolean =>
  schemasOf(spec).some((schema) =>
    anyNode(
      schema,
      (node) =>
        hasDefault(node) ||
        node['x-kubernetes-embedded-resource'] === true ||
        node['x-kubernetes-preserve-unknown-fields'] !== undefined ||
        node['x-kubernetes-int-or-string'] === true ||
        (node['x-kubernetes-list-map-keys']?.length ?? 0) > 0 ||
        node['x-kubernetes-list-type'] !== undefined ||
        (node['x-kubernetes-validations']?.length ?? 0) > 0,
    ),
  )

function checkGroup(group: string | undefined, errors: FieldErrors): void {
  const at = SPEC.child('group')
  if (!group) return errors.required(at)
  const problems = dns1123SubdomainErrors(group)
  if (problems.length > 0) errors.invalid(at, group, problems.join(','))
  else if (!group.includes('.')) errors.invalid(at, group, 'should be a domain with at least one dot')
}

function checkSchemasThere(spec: InternalSpec, rules: DefinitionRules, prunes: boolean, errors: FieldErrors): void {
  if (spec.common.schema?.openAPIV3Schema) return
  spec.versions.forEach(({ schema, served }, index) => {
    if (schema?.openAPIV3Schema) return
    const at = SPEC.child('versions').index(index).child('schema').child('openAPIV3Schema')
    if (rules.requiresSchema) errors.required(at)
    else if (prunes && served) errors.required(at, 'because otherwise all fields are pruned')
  })
}

function checkVersions(spec: InternalSpec, rules: DefinitionRules, errors: FieldErrors): void {
  const at = SPEC.child('versions')
  const { versions } = spec
  const hasOwnSubresources = versions.some(({ subresources }) => subresources !== undefined)
  versions.forEach((version, index) => {
    const where = at.index(index)
    const problems = dns1035LabelErrors(version.name ?? '')
    if (problems.length > 0) errors.invalid(where.child('name'), version.name ?? '', problems.join(','))
    checkDeprecation(version, where.child('deprecationWarning'), errors)
    const subresources = hasOwnSubresources ? version.subresources : spec.common.subresources
    const hasStatus = subresources?.status !== undefined
    checkParts(version, { hasStatus, name: version.name, isCommon: false }, rules, where, errors)
  })
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.invalid(at, versions, 'must contain unique version names')
  }
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.invalid(at, versions, 'must have exactly one version marked as storage version')
  }
  if (versions[0] === undefined) return
  const problems = versions[0].name ? dns1035LabelErrors(versions[0].name) : []
  if (problems.length > 0) errors.invalid(SPEC.child('version'), versions[0].name, problems.join(','))
}

const MAX_WARNING = 256

function checkDeprecation({ deprecated, deprecationWarning }: Version, at: FieldPath, errors: FieldErrors): void {
  if (deprecationWarning === undefined) return
  const refuse = (why: string) => errors.invalid(at, deprecationWarning, why)
  if (!deprecated) return refuse('can only be set for deprecated versions')
  if (Buffer.byteLength(deprecationWarning) > MAX_WARNING) refuse('must be <= 256 characters long')
  if (deprecationWarning === '') refuse('must not be an empty string')
  const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.exec(deprecationWarning)
  if (!unprintable) return
  const index = Buffer.byteLength(deprecationWarning.slice(0, unprintable.index))
  refuse(`must only contain printable UTF-8 characters; non-printable character found at index ${index}`)
}

function checkRequiredNames({ names }: InternalSpec, errors: FieldErrors): void {
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if (!names?.[name]) errors.required(SPEC.child('names').child(name))
  }
  checkNames(names ?? {}, SPEC.child('names'), errors)
}

/** What all versions have in common. */
function checkCommon(spec: InternalSpec, rules: DefinitionRules, errors: FieldErrors): void {
  const all = [spec.common, ...spec.versions]
  const hasStatus = all.some(({ subresources }) => subresources?.status !== undefined)
  checkParts(spec.common, { hasStatus, name: spec.versions[0]?.name ?? '', isCommon: true }, rules, SPEC, errors)
}

function checkParts(
  parts: VersionParts,
  { hasStatus, name, isCommon }: { hasStatus: boolean; name: string; isCommon: boolean },
  rules: DefinitionRules,
  at: FieldPath,
  errors: FieldErrors,
): void {
  const { schema, subresources, additionalPrinterColumns, selectableFields } = parts
  const isUnchanged = rules.unchangedVersions.has(name)
  checkValidation(schema, { hasStatus, isUnchanged }, rules, at.child(isCommon ? 'validation' : 'schema'), errors)
  checkSubresources(subresources, at.child('subresources'), errors)
  checkColumns(additionalPrinterColumns, at.child('additionalPrinterColumns'), errors)
  if (!selectableFields?.length) return
  const where = at.child('selectableFields')
  const root = schema?.openAPIV3Schema
  if (!root) {
    const why = isCommon
      ? 'may only be set when validations.schema is included'
      : 'may only be set when `version.schema.openAPIV3Schema` is not included'
    return errors.invalid(where, '', why)
  }
  const problem = conversionProblem(root)
  if (problem !== undefined) return errors.invalid(at.child('schema.openAPIV3Schema'), '', problem)
  checkSelectableFields(selectableFields, root, rules.allowsManySelectable.has(isCommon ? '' : name), where, errors)
}

/** Objects are stored under group and plural, within or without namespaces: that stays once they can exist. */
function checkChanges(spec: Definition['spec'], old: Definition, errors: FieldErrors): void {
  const names = SPEC.child('names')
  if (isEstablished(old)) {
    checkImmutable(spec.scope, old.spec.scope, SPEC.child('scope'), errors)
    checkImmutable(spec.names?.kind, old.spec.names.kind, names.child('kind'), errors)
  }
  checkImmutable(spec.group, old.spec.group, SPEC.child('group'), errors)
  checkImmutable(spec.names?.plural, old.spec.names.plural, names.child('plural'), errors)
}

function checkStoredVersions({ spec, status }: Definition, errors: FieldErrors): void {
  const at = FieldPath.of('status').child('storedVersions')
  const stored = status?.storedVersions ?? []
  if (stored.length === 0) return errors.invalid(at, stored, 'must have at least one stored version')
  for (const { name, storage } of spec.versions ?? []) {
    if (storage && !stored.includes(name)) errors.invalid(at, stored, `must have the storage version ${name}`)
  }
  const known = new Set(spec.versions?.map(({ name }) => name))
  stored.forEach((name, index) => {
    if (known.has(name) || stored.lastIndexOf(name) !== index) return
    const why = `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`
    errors.invalid(at.index(index), name, why)
  })
}
